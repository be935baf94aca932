"""The session report: everything that the lake knows about one session, each statement with the record it is from.

`facts` says what a report is, `gather` asks the lake for it, `page` and `text` write it down.
Of cli/ only what asks and what makes text safe is imported here.
"""
