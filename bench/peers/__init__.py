"""What Log Lake is measured against: each a process of its own that prints one line of JSON, {"seconds": ...}.

Each does the work as its own users would write it, no more; none of them keeps books.
"""
