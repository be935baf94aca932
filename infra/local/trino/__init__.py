"""A real Trino 435 behind the local lake's Athena API: `loglake up --engine trino`.

`artefacts` gets it from Maven Central, `process` starts and ends it, `client` asks it, `engine` answers Athena's API.
435 is the last release for Java 17, which the environment has; Athena engine version 3 is of Trino's line.
"""
