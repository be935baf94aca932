"""`model_prices`: what models' tokens cost. People's tools write it, no job does."""

from schemas.table import Column, Table

_MICROS = "For a million tokens, in millionths of a US dollar: 250000 are 0.25 dollars."

TABLE = Table(
    name="model_prices",
    description="One row for every price of a model, from a day on. Without one, views tell tokens alone. Written by "
    "people's tools, as a whole: see docs/bedrock.md.",
    columns=(
        Column("model", "string", "The model, as from_bedrock_readready.model has it."),
        Column("awsregion", "string", "The Region that it is the price of; null for all that have none of their own."),
        Column("validfrom", "string", "The first day on which it is the price, yyyy-mm-dd."),
        Column("inputprice", "bigint", f"Tokens sent. {_MICROS}"),
        Column("outputprice", "bigint", f"Tokens answered. {_MICROS}"),
        Column("cachereadprice", "bigint", f"Tokens read from a cached prompt. {_MICROS} Null is nothing."),
        Column("cachewriteprice", "bigint", f"Tokens written into the cache. {_MICROS} Null is nothing."),
        Column("pricesource", "string", "Where the price is from, e.g. the address of a price list."),
        Column("pricedate", "string", "When it was looked up, yyyy-mm-dd."),
    ),
    partition_keys=(),
    layout="orc",
    people=True,
)
