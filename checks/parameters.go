package checks

import (
	"strings"

	"klarbeleg/domain/calendar"
	"klarbeleg/domain/money"
)

// From is a value and the first day it is valid.
type From[T any] struct {
	Day   calendar.Date
	Value T
}

// Dated is a value that changed over time, the oldest first. Limits that differ by
// contract or change by law are such values, never constants in a rule.
type Dated[T any] []From[T]

// On returns the value valid on the day; the oldest one before its time.
func (d Dated[T]) On(day calendar.Date) T {
	value := d[0].Value
	for _, v := range d[1:] {
		if v.Day <= day {
			value = v.Value
		}
	}
	return value
}

func since[T any](day string, value T) Dated[T] {
	return Dated[T]{{Day: calendar.MustDate(day), Value: value}}
}

// Parameters are the limits of the rules. Every one is valid from a day on.
type Parameters struct {
	// Copay holds the amounts of § 61 SGB V.
	Copay Dated[CopayRates]
	// RoundingPerLine is the difference accepted in silence (P3118).
	RoundingPerLine Dated[money.Cents]
	// PayerKinds are the first two digits of an IK of an insurer (P3002).
	PayerKinds Dated[[]string]
	// PracticeRegions are the known first two digits of a BSNR (P3009).
	PracticeRegions Dated[[]string]
	// TherapyRanges say which places 2 to 5 of a Heilmittel position belong to which
	// Heilmittelbereich (P3019); a number outside all of them belongs to none.
	TherapyRanges Dated[[]TherapyRange]
	// DiagnosisGroups are the groups of the Heilmittelkatalog and their
	// Heilmittelbereich (P3051, P3052).
	DiagnosisGroups Dated[map[string]byte]
	// NursingBases and HomeHelpBases are the legal bases that begin the items of
	// groups C and D (P3020).
	NursingBases, HomeHelpBases Dated[[]string]
	// PairedAids are the product groups whose side of the body must be given
	// (P3047).
	PairedAids Dated[[]string]
	// CountableUnits are the Mengeneinheiten that only occur whole (P3061).
	CountableUnits Dated[[]string]
	// MaxAge is the age from which a birth date is not plausible (P3040).
	MaxAge Dated[int]
	// ApprovalMonths is how long before the prescription an approval may have
	// been given (P3056).
	ApprovalMonths Dated[int]
	// TherapyStartDays and TherapyUrgentDays are the days within which therapy
	// begins (P4201, P4202), the last day included.
	TherapyStartDays, TherapyUrgentDays Dated[int]
	// LongTermWeeks are the weeks of a prescription of special or long-term need
	// (P4213), BlankWeeks those of a blank prescription (P4229).
	LongTermWeeks, BlankWeeks Dated[int]
	// BlankGroups are the diagnosis groups of blank prescriptions and since when
	// (P4227), BlankIntervals the intervals paid in full (P4230).
	BlankGroups    map[string]calendar.Date
	BlankIntervals map[string]int
	// RedPhase is the percentage at which intervals beyond are paid (P4230, P4236).
	RedPhase Dated[money.Hundredths]
	// BlankExcluded are the billing codes that deliver no blank prescriptions (P4231).
	BlankExcluded Dated[[]string]
	// HospitalCareWeeks are the weeks of nursing instead of a stay in hospital (P4311).
	HospitalCareWeeks Dated[int]
	// StaffNumbersBarred are numbers that no nurse has (P4313).
	StaffNumbersBarred Dated[[]string]
	// QualifiedTransport are the first places of items of trips that a taxi does not
	// bill (P4416).
	QualifiedTransport Dated[string]
	// ChildbedWeeks are the weeks after birth in which a midwife's services need no
	// order (P4451).
	ChildbedWeeks Dated[int]
	// ShortCareDays are the days of short-term care in a year (P4460).
	ShortCareDays Dated[int]
	// AidStartDays are the days within which an aid is supplied (P4105).
	AidStartDays Dated[int]
	// LateMonths are the months after the month of service from which an invoice
	// counts as late where no contract says otherwise (P4028).
	LateMonths Dated[int]
	// PrescriptionDays are the days for which a prescription of medicines is valid and
	// those tolerated beyond (P4501), NarcoticDays those of narcotics (P4502).
	PrescriptionDays, PrescriptionTolerance, NarcoticDays Dated[int]
	// PharmacyDiscount is the Apothekenabschlag per pack of prescription medicine,
	// PharmacyPercent the one of other medicines (APO-R05, § 130 SGB V).
	PharmacyDiscount Dated[money.Cents]
	PharmacyPercent  Dated[money.Hundredths]
}

// DefaultParameters returns the values of spec/checks sections 3 to 8.
func DefaultParameters() *Parameters {
	return &Parameters{
		Copay: since("2004-01-01", CopayRates{
			Percent: 10_00, Minimum: 5_00, Maximum: 10_00, PerPrescription: 10_00,
			PerMonth: 10_00,
		}),
		RoundingPerLine: since("2004-01-01", money.Cents(1)),
		PayerKinds:      since("2004-01-01", []string{"10", "18"}),
		PracticeRegions: since("2004-01-01", []string{
			"01", "02", "03", "17", "20", "38", "46", "51", "52", "71", "72", "73", "78", "83",
			"88", "93", "98",
		}),
		TherapyRanges: since("2004-01-01", []TherapyRange{
			{'1', "0101", "2002"}, {'3', "3001", "3401"}, {'4', "4001", "4502"}, {'2', "8001", "8006"},
		}),
		DiagnosisGroups:   since("2021-01-01", diagnosisGroups()),
		NursingBases:      since("2004-01-01", []string{"01", "02", "03", "04", "07", "09", "10", "11", "13", "14"}),
		HomeHelpBases:     since("2004-01-01", []string{"05", "06", "08"}),
		PairedAids:        since("2004-01-01", []string{"13"}),
		CountableUnits:    since("2024-07-01", []string{"02", "10", "11", "12"}),
		MaxAge:            since("2004-01-01", 120),
		ApprovalMonths:    since("2004-01-01", 24),
		TherapyStartDays:  since("2021-01-01", 28),
		TherapyUrgentDays: since("2021-01-01", 14),
		LongTermWeeks:     since("2021-01-01", 12),
		BlankWeeks:        since("2024-04-01", 16),
		BlankGroups: map[string]calendar.Date{
			"SB1": calendar.MustDate("2024-04-01"), "PS3": calendar.MustDate("2024-04-01"),
			"PS4": calendar.MustDate("2024-04-01"), "EX": calendar.MustDate("2024-11-01"),
		},
		BlankIntervals:    map[string]int{"SB1": 176, "PS3": 200, "PS4": 200},
		RedPhase:          since("2024-04-01", money.Hundredths(91_00)),
		BlankExcluded:     since("2024-04-01", []string{"27"}),
		HospitalCareWeeks: since("2004-01-01", 4),
		StaffNumbersBarred: Dated[[]string]{
			{calendar.MustDate("2004-01-01"), []string{"999999995", "999999990"}},
			{calendar.MustDate("2026-01-01"), []string{"999999995", "999999990", "999999999"}},
		},
		QualifiedTransport: since("2004-01-01", "189"),
		ChildbedWeeks:      since("2004-01-01", 12),
		ShortCareDays:      since("2016-01-01", 56),
		AidStartDays:       since("2012-04-01", 28),
		LateMonths:         since("2004-01-01", 12),

		PrescriptionDays: since("2004-01-01", 28), PrescriptionTolerance: since("2004-01-01", 3), NarcoticDays: since("2004-01-01", 7),
		PharmacyDiscount: Dated[money.Cents]{
			{calendar.MustDate("2016-01-01"), 1_77}, {calendar.MustDate("2023-02-01"), 2_00}, {calendar.MustDate("2025-02-01"), 1_77},
		},
		PharmacyPercent: since("2004-01-01", money.Hundredths(5_00)),
	}
}

// TherapyRange is a range of services of one Heilmittelbereich.
type TherapyRange struct {
	Area     byte
	From, To string
}

// diagnosisGroups returns the groups of the Heilmittelkatalog since 2021 by
// Heilmittelbereich.
func diagnosisGroups() map[string]byte {
	groups := map[string]byte{}
	for area, names := range map[byte]string{
		'1': "WS EX CS ZN PN AT GE LY SO1 SO2 SO3 SO4 SO5",
		'2': "DF NF QF UI1 UI2",
		'3': "ST1 ST2 ST3 ST4 SP1 SP2 SP3 SP4 SP5 SP6 RE1 RE2 SF SC",
		'4': "SB1 SB2 SB3 EN1 EN2 EN3 PS1 PS2 PS3 PS4",
		'5': "SAS CF",
	} {
		for name := range strings.FieldsSeq(names) {
			groups[name] = area
		}
	}
	return groups
}

// CopayRates are the amounts of § 61 SGB V: a percentage, the least and the most
// per item or trip, the flat amount per prescription, and the most per month for
// consumables (§ 33 Abs. 8 SGB V).
type CopayRates struct {
	Percent         money.Hundredths
	Minimum         money.Cents
	Maximum         money.Cents
	PerPrescription money.Cents
	PerMonth        money.Cents
}

// PerUnit returns the percentage co-payment of one unit of therapy, rounded once
// (spec/dta-302 section 9). gross is the price of the unit with its VAT.
func (r CopayRates) PerUnit(gross money.Cents) money.Cents {
	return max(0, gross.Percent(r.Percent))
}

// Bounded returns the co-payment of an aid or a trip: the percentage, at least the
// minimum, at most the maximum, never more than the cost.
func (r CopayRates) Bounded(cost money.Cents) money.Cents {
	return max(0, min(cost, r.Maximum, max(r.Minimum, cost.Percent(r.Percent))))
}

// Consumables returns the co-payment of aids that are used up: the percentage, at
// most the monthly amount times the months. Without months there is no ceiling:
// it cannot be claimed without proof (P3117).
func (r CopayRates) Consumables(cost money.Cents, months int) money.Cents {
	copay := max(0, cost.Percent(r.Percent))
	if months > 0 {
		copay = min(copay, r.PerMonth*money.Cents(months))
	}
	return copay
}

// Aid returns the co-payment of a group of aids by its kind (Zuzahlungsart): 03
// and 04 are consumables, all others are bounded per item (P4101, P4102).
func (r CopayRates) Aid(kind string, cost money.Cents, months int) money.Cents {
	if Consumable(kind) {
		return r.Consumables(cost, months)
	}
	return r.Bounded(cost)
}

// Consumable reports whether the kind of co-payment is one for consumables.
func Consumable(kind string) bool { return kind == "03" || kind == "04" }
