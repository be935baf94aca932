"""The lake's tables, each declared once. `TABLES` holds them by name."""

from schemas import (
    from_cloudtrail_raw,
    from_cloudtrail_readready,
    from_cloudwatch_raw,
    from_cloudwatch_readready,
    lake_generations,
    lake_ledger,
    lake_quality,
    lake_quarantine,
    lake_verified,
    session_reviews,
    teams,
)
from schemas.table import Column, Table

TABLES: dict[str, Table] = {
    module.TABLE.name: module.TABLE
    for module in (
        from_cloudtrail_raw,
        from_cloudwatch_raw,
        from_cloudtrail_readready,
        from_cloudwatch_readready,
        lake_ledger,
        lake_quarantine,
        lake_generations,
        lake_quality,
        lake_verified,
        session_reviews,
        teams,
    )
}

__all__ = ["TABLES", "Column", "Table"]
