"""Kubernetes, through `kubectl proxy`: the operator lets it run with his own credentials, and for the paths that drills may reach."""

import re
from dataclasses import dataclass
from typing import Any

import orjson

from chaos.errors import NoTarget, OutOfReach
from chaos.handles.handle import Handle
from chaos.handles.http import call, refused

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")  # of Kubernetes' own things
_FOUND, _ABSENT = 200, 404


@dataclass(frozen=True, slots=True)
class Deployment:
    """How many pods of a deployment there are to be, and how many serve."""

    wanted: int
    ready: int
    settled: bool  # whether its controller has seen what is wanted now


class Kubectl(Handle):
    """The API of one cluster."""

    def __init__(self, address: str) -> None:
        """Where `kubectl proxy` listens."""
        self._url = address.rstrip("/")

    def probe(self) -> None:
        """The cluster's version. Raises OutOfReach where it does not tell."""
        if "gitVersion" not in self._ask("GET", "/version", self._url):
            raise OutOfReach(f"{self._url}: what answers is no Kubernetes")

    def deployment(self, namespace: str, name: str) -> Deployment:
        """One deployment. Raises NoTarget where there is none of that name; OutOfReach."""
        told = self._ask("GET", _path(namespace, name), f"deployment {namespace}/{name}")
        try:
            wanted, status = int(told["spec"]["replicas"]), told.get("status", {})
            ready, left = int(status.get("readyReplicas", 0)), int(status.get("replicas", 0))
            settled = int(status.get("observedGeneration", 0)) >= int(told["metadata"]["generation"]) and left == wanted
        except (KeyError, TypeError, ValueError, AttributeError):
            raise OutOfReach(f"{self._url}: what is told of deployment {namespace}/{name} is not of its shape") from None
        return Deployment(wanted, ready, settled)

    def scale(self, namespace: str, name: str, replicas: int) -> None:
        """Wants so many pods of it. Raises as `deployment`."""
        body = {"spec": {"replicas": replicas}}
        self._ask("PATCH", f"{_path(namespace, name)}/scale", f"deployment {namespace}/{name}", body)

    def _ask(self, method: str, path: str, what: str, body: Any = None) -> dict[str, Any]:
        headers = {"Accept": "application/json"} | ({"Content-Type": "application/merge-patch+json"} if body else {})
        answer = call(method, self._url + path, body or None, headers=headers)
        if answer.status == _ABSENT and path != "/version":
            raise NoTarget(f"{self._url}: there is no {what}")
        if answer.status != _FOUND:
            said = answer.body[:200].decode("utf-8", "replace").strip()
            raise refused(answer.status, f"{method} {self._url}{path}: HTTP {answer.status} {said}")
        try:
            told = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            told = None
        if not isinstance(told, dict):
            raise OutOfReach(f"{self._url}: what answers is no Kubernetes")
        return told


def _path(namespace: str, name: str) -> str:
    """A name goes into a path. Raises NoTarget where it could be another one."""
    for each in (namespace, name):
        if not _NAME.fullmatch(each):
            raise NoTarget(f"{each!r} is no name of Kubernetes'; allowed: small letters, digits, - and .")
    return f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
