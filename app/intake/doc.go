// Package intake is the use case "a delivery arrives": it reads a delivery,
// checks every invoice and decides what becomes of it (DTA-1 to DTA-10, CHK-1 to
// CHK-4). Every door calls it: the Kafka consumer, the drop folder and the upload
// through Kafka, and the offline command, which stores nothing. Here alone the
// wire formats of dta meet the types of domain.
package intake
