"""Checks Kubernetes manifests with other people's schemas; prints what is wrong with them.

    python check_manifests.py FILE...

Objects of Kubernetes are held against the schemas of the oldest version with native sidecars and of the newest known,
those of the Prometheus operator against its own, and pods against the restricted profile of the Pod Security Standards.
"""

import sys

import kubernetes_validate
import yaml
from cloudcoil.models.prometheus_operator import v1 as operator

OLDEST = "1.29"


def unknown(given, understood, place):
    """The keys that a model of the operator did not take."""
    if isinstance(given, dict) and isinstance(understood, dict):
        for key, value in given.items():
            if key not in understood:
                yield f"{place}.{key}: unknown"
            else:
                yield from unknown(value, understood[key], f"{place}.{key}")
    elif isinstance(given, list) and isinstance(understood, list):
        for index, (one, other) in enumerate(zip(given, understood, strict=True)):
            yield from unknown(one, other, f"{place}[{index}]")


def of_operator(thing):
    """What is wrong with an object of the Prometheus operator."""
    understood = getattr(operator, thing["kind"]).model_validate(thing)
    return list(unknown(thing, understood.model_dump(by_alias=True, mode="json", exclude_unset=True), thing["kind"]))


def unrestricted(pod):
    """What keeps a pod from the restricted profile."""
    if any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares a namespace of the host"
    allowed = {"name", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
    for volume in pod.get("volumes", []):
        if set(volume) - allowed:
            yield f"volume {volume['name']} is of a forbidden kind"
    shared = pod.get("securityContext", {})
    for container in pod.get("initContainers", []) + pod["containers"]:
        name, own = container["name"], container.get("securityContext", {})
        both = {**shared, **own}
        if both.get("runAsNonRoot") is not True or both.get("runAsUser") == 0:
            yield f"{name} may run as root"
        if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
            yield f"{name} may gain privileges"
        if "ALL" not in own.get("capabilities", {}).get("drop", []) or own["capabilities"].get("add"):
            yield f"{name} has capabilities"
        if both.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
            yield f"{name} has no seccomp profile"
        if any("hostPort" in port for port in container.get("ports", [])):
            yield f"{name} takes a port of the host"


def wrong_with(thing):
    """What is wrong with an object."""
    if thing["apiVersion"].startswith("monitoring.coreos.com/"):
        return of_operator(thing)
    for version in (OLDEST, kubernetes_validate.latest_version()):
        kubernetes_validate.validate(thing, version, strict=True)
    if thing["kind"] == "Deployment":
        return list(unrestricted(thing["spec"]["template"]["spec"]))
    return []


def main() -> int:
    """Returns the exit code."""
    complaints = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            for thing in yaml.safe_load_all(file):
                try:
                    wrong = wrong_with(thing)
                except Exception as error:  # each library has its own
                    wrong = [str(error).split("\n\n")[0]]
                for complaint in wrong:
                    print(f"{path}: {thing['kind']} {thing['metadata']['name']}: {complaint}")
                complaints += len(wrong)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
