// Package ta7 reads and writes the billing files of electronic prescriptions
// after § 300 SGB V, TA7: FHIR XML of the profiles 1.3, 1.4 and 1.5 with the
// signed documents of prescriber, Fachdienst and pharmacy inside (CMS). It checks
// the rules APO-F01 to APO-F09 and those of package p300 that speak of
// E-Rezepte.
//
//   - NewReader yields the prescriptions one by one; it holds one at a time, at
//     most MaxHeldBytes.
//   - Abgleich compares a prescription with its ABRP (section 3.4).
//   - NewWriter writes what the reader returns; ReadAbgabedaten reads a
//     dispensing record on its own.
//
// Of the prescriber's and the Fachdienst's document only the Rezept-ID is read.
// Signatures are checked mathematically; whom to trust is for others, and so is
// what is known of earlier deliveries (are all files of the List there, was the
// Belegnummer used before).
//
// What the writer makes of a file is equal in meaning: extensions and elements
// that no field stands for are not kept, the containers are as they came.
//
// Decisions where the specification leaves room: an element that is missing or
// wrong rejects the file if it is of its head, and the prescription otherwise
// (APO-A02); a container that is no CMS is reported with its prescription; the
// constraints that came with profile 1.5 (own file name in the List, lines
// numbered without gaps) are not asked of files of older profiles; the names of
// the extensions of Zusatzdaten are those of public sample files.
package ta7
