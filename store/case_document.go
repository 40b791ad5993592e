package store

import (
	"encoding/json"

	"klarbeleg/domain/billing"
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
