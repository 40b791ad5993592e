package store

import (
	"encoding/json"

	"klarbeleg/domain/billing"
	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// positionExtra holds what only some groups send; most positions have none of it.
type positionExtra struct {
	VATRate     int64  `json:"vat_rate,omitzero"`
	VATSegment  int32  `json:"vat_segment,omitzero"`
	VATOffset   int64  `json:"vat_offset,omitzero"`
	HasVAT      bool   `json:"has_vat,omitzero"`
	Text        string `json:"text,omitzero"`
	Part        int16  `json:"part,omitzero"` // counted from 1, 0 is none
	AidMark     string `json:"aid_mark,omitzero"`
	Unit        string `json:"unit,omitzero"`
	InventoryNo string `json:"inventory_no,omitzero"`
	ProductItem string `json:"product_item,omitzero"`
	Site        string `json:"site,omitzero"`
	SupplyFrom  string `json:"supply_from,omitzero"`
	SupplyTo    string `json:"supply_to,omitzero"`
	Kilometres  int64  `json:"kilometres,omitzero"` // hundredths + 1, 0 is absent
	From        int16  `json:"from,omitzero"`       // minutes after midnight + 1
	To          int16  `json:"to,omitzero"`
	Minutes     int16  `json:"minutes,omitzero"`
	Count       int32  `json:"count,omitzero"`
	Waived      int64  `json:"waived_cents,omitzero"`
	Discount    int64  `json:"discount_cents,omitzero"`
	ItemKind    string `json:"item_kind,omitzero"`
}

// encodePositionExtra returns the JSON of what the columns of position do not
// hold, nil if there is nothing.
func encodePositionExtra(p *billing.Position) []byte {
	e := positionExtra{
		VATRate: int64(p.VAT.Rate), VATSegment: p.VAT.Segment, VATOffset: p.VAT.Offset, HasVAT: p.VAT.Present,
		Text: p.Text, Part: p.Part + 1, AidMark: p.AidMark, Unit: p.Unit, InventoryNo: p.InventoryNo,
		ProductItem: p.ProductItem, Site: p.Site, SupplyFrom: p.SupplyFrom.String(), SupplyTo: p.SupplyTo.String(),
		Kilometres: int64(p.Kilometres) + 1, From: p.From + 1, To: p.To + 1, Minutes: p.Minutes + 1,
		Count: p.Count, Waived: int64(p.Waived), Discount: int64(p.Discount), ItemKind: p.ItemKind,
	}
	if e == (positionExtra{}) {
		return nil
	}
	return mustJSON(e)
}

// decodePositionExtra reads what encodePositionExtra wrote; without it the position
// stays as it is.
func decodePositionExtra(raw []byte, p *billing.Position) (err error) {
	if len(raw) == 0 {
		return nil
	}
	var e positionExtra
	if err := json.Unmarshal(raw, &e); err != nil {
		return &DataError{Field: "position.extra"}
	}
	if p.SupplyFrom, err = optionalDate(e.SupplyFrom); err != nil {
		return err
	}
	if p.SupplyTo, err = optionalDate(e.SupplyTo); err != nil {
		return err
	}
	p.VAT.Place = billing.Place{Segment: e.VATSegment, Offset: e.VATOffset}
	p.VAT.Present, p.VAT.Rate = e.HasVAT, money.Hundredths(e.VATRate)
	p.Text, p.Part, p.AidMark, p.Unit, p.InventoryNo = e.Text, e.Part-1, e.AidMark, e.Unit, e.InventoryNo
	p.ProductItem, p.Site, p.Kilometres = e.ProductItem, e.Site, money.Hundredths(e.Kilometres-1)
	p.From, p.To, p.Minutes = e.From-1, e.To-1, e.Minutes-1
	p.Count, p.Waived, p.ItemKind = e.Count, money.Cents(e.Waived), e.ItemKind
	return nil
}

func optionalDate(s string) (calendar.Date, error) {
	if s == "" {
		return 0, nil
	}
	d, err := calendar.ParseDate(s)
	if err != nil {
		return 0, &DataError{Field: "position.extra"}
	}
	return d, nil
}

// encodeCase returns the document of a case: everything but its positions.
func encodeCase(c *billing.Case) []byte { return mustJSON(c) }

// mustJSON encodes plain data; it cannot fail.
func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("store: encode: " + err.Error())
	}
	return raw
}
