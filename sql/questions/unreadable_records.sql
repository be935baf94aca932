-- unreadable_records: Which records could not be read, why, and where do they lie?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day on which they were met
--   to day, e.g. 2026-03-08: the last
-- Cost: lake_quarantine for these days; the records' own bytes are not read
SELECT calendarday, job, reason, detail, sourceobject, sourcerecord, recordbytes, storedin, storedat
FROM lake_quarantine
WHERE calendarday BETWEEN ? AND ?
ORDER BY calendarday, job, sourceobject, sourcerecord, reason
