"""What is on the screens: shell sessions as an operator has them, split into the records that the agent uploads."""

from __future__ import annotations

from examples.company.dice import Dice

RECORD_BYTES = 33_000  # the agent cuts a record here, in the middle of a line if it must
HOSTILE = (
    "\x1b[2J\x1b[1;1H\x1b[32mLast login: never\x1b[0m",
    "\x1b]0;rm -rf / \x07\x1b[8mhidden\x1b[28m shown",
    '<img src=x onerror="alert(1)"> & <b>bold</b>',
    '}{"messageType":"DATA_MESSAGE","logEvents":[]}{',
    "nul \x00 bell \x07 back \x08\x08\x08 return\rover, \x9b31m C1",
    "ünïcödé 日本語 🦊 \u202eright to left\u202c zero\u200bwidth",
    "=cmd|' /C calc'!A0",
    "\\u0000 \\x1b[31m backslashes \\\\ \"quotes\" 'and' more",
    "[bold red]not markup[/bold red] ${notaplaceholder} {{nor_this}} %s %(x)s",
    "\t tab \ttab  trailing spaces   ",
    "",
)
_COMMANDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("whoami", ("ssm-user",)),
    ("sudo su -", ()),
    ("df -h /", ("Filesystem      Size  Used Avail Use% Mounted on", "/dev/nvme0n1p1   20G   19G  1.1G  95% /")),
    ("sudo du -sh /var/log/*", ("12K\t/var/log/amazon", "8.4G\t/var/log/app", "3.1M\t/var/log/messages")),
    (
        "systemctl status payments",
        (
            "\x1b[0;1;31m●\x1b[0m payments.service - Payments API",
            "   Loaded: loaded (/etc/systemd/system/payments.service; enabled)",
            "   Active: \x1b[0;1;31mfailed\x1b[0m (Result: exit-code) since Mon 2026-03-02 08:11:04 UTC; 2min ago",
            " Main PID: 2817 (code=exited, status=1/FAILURE)",
        ),
    ),
    ("sudo systemctl restart payments", ()),
    ("cat /etc/hosts", ("127.0.0.1   localhost localhost.localdomain", "::1         localhost6")),
    ("sudo cat /etc/shadow | head -2", ("root:*LOCK*:14600::::::", "bin:*:17834:0:99999:7:::")),
    (
        "curl -s localhost:8080/health",
        ('{"status":"up","checks":{"db":{"status":"down"},"disk":{"free":1178599424}}}',),
    ),
    ("ps aux | grep [j]ava", ("app       2903  312 41.7 8123440 3398112 ?  Sl   08:14  10:12 java -jar payments.jar",)),
    ("tail -2 /var/log/app/payments.log", ("08:14:31 ERROR [pool-1] disk full", "08:14:32 WARN  [main] retry 3 of 5")),
    ("sudo rm /var/log/app/payments.log.1", ()),
    ("", ()),
    ("psql -c 'select count(*) from invoices'", (" count", "-------", "  4711", "(1 row)", "")),
    ("aws sts get-caller-identity", ("", "Unable to locate credentials. You can configure credentials.")),
    ("history | tail -1", ("    7  history | tail -1",)),
)


def shell(dice: Dice, commands: int) -> list[list[str]]:
    """So many commands: the lines of each record, a prompt with the command and what came of it.

    No two are equal, as each prompt tells the time: a record that equals an earlier one is the agent's repetition.
    """
    prompt = dice.choice(("sh-4.2$ ", "[ssm-user@ip-10-0-3-17 bin]$ ", "bash-5.2# "))
    at = dice.randrange(36_000, 72_000)
    records = [[f"Starting session at {_clock(at)}"]]
    for command, output in dice.choices(_COMMANDS, k=commands):
        at += dice.randrange(2, 60)
        records.append([f"{_clock(at)} {prompt}{command}", *output])
    return [*records, [f"{_clock(at + 1)} {prompt}exit", "exit"]]


def hostile(dice: Dice) -> list[list[str]]:
    """A shell that prints what breaks readers: terminals, browsers, spreadsheets, parsers."""
    strange = [f"# {dice.hex(8)}", *dice.sample(HOSTILE, len(HOSTILE)), "end"]
    return [*shell(dice, 2), strange]


def long_output(dice: Dice) -> list[list[str]]:
    """A shell that prints more than a record holds: cut in the middle of lines."""
    lines = [f"{number:05d} {dice.hex(400)} payments[2817]: done" for number in range(1, 161)]
    return [*shell(dice, 2), *cut(lines, RECORD_BYTES)]


def cut(lines: list[str], bound: int) -> list[list[str]]:
    """Lines in records of `bound` bytes at most. A line that passes the bound is cut there (ASCII only)."""
    records, record, room = [], list[str](), bound
    for line in lines:
        while len(line) > room:
            records.append([*record, line[:room]] if room else record)
            record, line, room = [], line[room:], bound
        record.append(line)
        room -= len(line)
    return [*records, record]


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
