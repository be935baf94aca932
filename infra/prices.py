"""What AWS charges: the one place for prices. `python -m infra.prices` prints them.

Public list prices in us-east-1, US dollars, without free tiers, discounts and taxes; other Regions differ by up to a
fifth or so. Prices change: look at each one's page before you rely on a sum of them. AWS's own pages write most figures
by script, which no copy of them keeps; `read` says where the figure stands as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

DATED = "2026-11-21"
REGION = "us-east-1"
_AWS = "https://aws.amazon.com/{}/pricing/"


class Price(NamedTuple):
    """usd: for one `unit`. page: AWS's own. read: where the figure was read as text, '' if nowhere since: known for
    years, and not confirmed on `DATED`."""

    usd: float
    unit: str
    what: str
    page: str
    read: str = ""


_CLOUDBURN = "cloudburn.io/blog/amazon-sqs-pricing (March 2026)"
_CLOUDWATCH = "signoz.io/guides/cloudwatch-pricing (February 2026), factualminds.com (June 2026)"
_GLUE = "awsnegotiations.com/glue-job-cost-optimization.html (May 2026)"
_KMS = "factualminds.com/blog/aws-kms-pricing-keys-requests-multi-region (June 2026)"
_SECURITY_LAKE = 'awsi.click/en/articles/security-lake-centralized-logging (2026), there "about"'
_LAMBDA = "cloudchipr.com/blog/aws-lambda-pricing (2024)"
_LAMBDA_REQUEST = "AWS's whitepaper How AWS Pricing Works, wring.co/blog/aws-lambda-pricing-guide (March 2026)"
_S3_REQUEST = "devnotes.tech/understanding-aws-s3-pricing-a-complete-cost-breakdown-with-examples"
_ATHENA = "athena.guide/articles/athena-basics-pricing-model (October 2020), kindatechnical.com/aws-athena"

S3_PUT = Price(0.005 / 1000, "request", "S3 PUT, COPY, POST or LIST", _AWS.format("s3"), _S3_REQUEST)
S3_LIST = S3_PUT
S3_GET = Price(0.0004 / 1000, "request", "S3 GET", _AWS.format("s3"), _S3_REQUEST)
S3_GB_MONTH = Price(
    0.023, "GB-month", "S3 Standard, the first 50 TB", _AWS.format("s3"), "a copy of AWS's table (July 2022)"
)
SQS_REQUEST = Price(0.40 / 1e6, "request", "SQS standard queue, of 64 KB", _AWS.format("sqs"), _CLOUDBURN)
LAMBDA_REQUEST = Price(0.20 / 1e6, "request", "Lambda invocation", _AWS.format("lambda"), _LAMBDA_REQUEST)
LAMBDA_GB_SECOND = Price(0.0000133334, "GB-second", "Lambda on arm64", _AWS.format("lambda"), _LAMBDA)
GLUE_DPU_HOUR = Price(
    0.44, "DPU-hour", "Glue job on Spark, by the second, a minute at least", _AWS.format("glue"), _GLUE
)
GLUE_CATALOG_OBJECT = Price(
    1.00 / 100_000, "object-month", "Glue catalog: table, partition; the first million free", _AWS.format("glue"), _GLUE
)
GLUE_CATALOG_REQUEST = Price(
    1.00 / 1e6, "request", "Glue catalog; the first million a month free", _AWS.format("glue"), _GLUE
)
CLOUDTRAIL_LAKE_GB = Price(
    0.75, "GB", "CloudTrail Lake, taken in and kept a year (for customers of before 2026-06)", _AWS.format("cloudtrail")
)
SECURITY_LAKE_GB = Price(
    0.75,
    "GB",
    "Security Lake, CloudTrail's management events, the first tier",
    _AWS.format("security-lake"),
    _SECURITY_LAKE,
)
ATHENA_TB = Price(5.00, "TB", "Athena, scanned", _AWS.format("athena"), _ATHENA)
LOGS_GB = Price(0.50, "GB", "CloudWatch Logs, taken in", _AWS.format("cloudwatch"), _CLOUDWATCH)
ALARM_MONTH = Price(0.10, "alarm-month", "CloudWatch alarm", _AWS.format("cloudwatch"), _CLOUDWATCH)
METRIC_MONTH = Price(0.30, "metric-month", "CloudWatch custom metric", _AWS.format("cloudwatch"), _CLOUDWATCH)
DASHBOARD_MONTH = Price(3.00, "dashboard-month", "CloudWatch dashboard", _AWS.format("cloudwatch"), _CLOUDWATCH)
KMS_KEY_MONTH = Price(1.00, "key-month", "KMS key of one's own", _AWS.format("kms"), _KMS)
KMS_REQUEST = Price(0.03 / 10_000, "request", "KMS request", _AWS.format("kms"), _KMS)


def prices() -> Iterator[tuple[str, Price]]:
    """All of them, by the name of their constant."""
    return ((name, value) for name, value in globals().items() if isinstance(value, Price))


def table() -> str:
    """The prices as Markdown."""
    lines = ["| price | US dollars | for a | read as text in |", "|---|---|---|---|"]
    for name, one in prices():
        if name != "S3_LIST":
            figure = f"{one.usd * 1e6:.2f} a million" if one.usd < 0.001 else f"{one.usd:g}"
            lines.append(f"| [{one.what}]({one.page}) | {figure} | {one.unit} | {one.read or 'not confirmed'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
