"""AddAPart: hears of every object by SQS, registers partitions, keeps the inbox. The only writer of partitions."""
