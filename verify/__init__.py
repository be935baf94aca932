"""Evidence: whether what lies in raw is what CloudTrail signed, and what the lake read.

keys.py      public keys of CloudTrail's, from a file or from AWS
digests.py   a digest file: what it says, and whether its signature holds
chain.py     digest files in their order: links, gaps, and the times that they cover
reread.py    S3: objects read once more and hashed, their locks
ledger.py    what lake_ledger says of the same objects
run.py       all of it together, as findings
booking.py   what was found, left in the lake's books for reports
"""
