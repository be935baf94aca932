"""The kinds of sessions that the company has: every oddity is a scene, and every company plays each at least once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Keystrokes = Literal["streamed", "at end", "none", "lost"]
Twist = Literal["", "midnight", "repeated", "resent", "twice", "late", "hub file", "same time", "no time"]


@dataclass(frozen=True, slots=True)
class Scene:
    """One kind of session.

    weight: how often it is played beyond the one time. way: how its person came in (see people.py), "" for any.
    document: the request's documentName. expects: SessionTruth.expects_keystrokes. ecs: an ECS ExecuteCommand.
    start: False where the StartSession was never logged. error: code and message of a refused start.
    bare: the refused call's requestParameters are null. terminated: a TerminateSession follows.
    typed: what is on the screen: "shell", "long" (more than a record holds), "hostile" (text that means harm).
    """

    name: str
    weight: float = 0
    way: str = ""
    document: str | None = None
    expects: str = "yes"
    keystrokes: Keystrokes = "streamed"
    typed: str = "shell"
    twist: Twist = ""
    ecs: bool = False
    start: bool = True
    error: tuple[str, str] | None = None
    bare: bool = False
    terminated: bool = False

    @property
    def outcome(self) -> str:
        """What became of the start."""
        return "keystrokes-only" if not self.start else self.expects if self.error else "started"


_NOT_ALLOWED = "User is not authorized to perform: ssm:StartSession on resource because no policy allows it"
_SHELL, _COMMAND = "SSM-SessionManagerRunShell", "AWS-StartInteractiveCommand"

SCENES = (
    Scene("a federated user's shell", 5, "saml"),
    Scene("an Identity Center user's shell", 5, "sso", terminated=True),
    Scene("an IAM user's shell", 2, "iam"),
    Scene("a shell at the end of a role chain", 2, "chain"),
    Scene("a shell with the shell document", 3, document=_SHELL, terminated=True),
    Scene("a screen of text that means harm", 1, typed="hostile"),
    Scene("an output longer than a record", 0.5, typed="long"),
    Scene("an upload repeated under a new id", 0.5, twist="repeated"),
    Scene("a document that Firehose sent twice", 0.5, twist="resent"),
    Scene("two records in one millisecond", 0.5, twist="same time"),
    Scene("a shell across midnight", twist="midnight"),
    Scene("a shell that is not streamed", 1, document=_SHELL, keystrokes="at end"),
    Scene("a command", 1, document=_COMMAND, expects="command", keystrokes="at end"),
    Scene("an ECS Exec", 1.5, ecs=True, keystrokes="at end"),
    Scene("keystrokes without a start", 0.3, start=False),
    Scene("a start whose keystrokes are lost", 0.3, expects="lost", keystrokes="lost"),
    Scene(
        "port forwarding", 1, document="AWS-StartPortForwardingSession", expects="port forwarding", keystrokes="none"
    ),
    Scene("SSH", 1, document="AWS-StartSSHSession", expects="SSH", keystrokes="none"),
    Scene("denied by policy", 1.5, expects="denied", keystrokes="none", error=("AccessDeniedException", _NOT_ALLOWED)),
    Scene(
        "denied without a request", 0.5, expects="denied", keystrokes="none", error=("AccessDenied", "no"), bare=True
    ),
    Scene(
        "a target that is not connected",
        1,
        expects="failed",
        keystrokes="none",
        error=("TargetNotConnected", "The target is not connected."),
    ),
    Scene(
        "a document that does not exist",
        0.5,
        document="Company-NoSuchDocument",
        expects="failed",
        keystrokes="none",
        error=("InvalidDocument", "Document with name Company-NoSuchDocument does not exist."),
    ),
    Scene("a start delivered in two files", 0.5, twist="twice"),
    Scene("a start delivered two days late", twist="late"),
    Scene("a start in another account's file", 0.5, twist="hub file"),
    Scene("a record without a time among the keystrokes", twist="no time"),
)
