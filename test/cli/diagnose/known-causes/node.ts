import { but, failedRun } from "../evidence.ts";
import { init, join, well, worker, type CauseFixtures } from "./fixtures.ts";

/** Fixtures of cli/diagnose/known-causes/node.ts. */
export const nodeFixtures: CauseFixtures = {
  "image without the contract": {
    is: [
      {
        when: "a program is missing",
        evidence: failedRun(well, {
          ...init,
          text: "    error: init-control-plane: line 6: kubeadm: command not found\n",
        }),
        line: "error: init-control-plane: line 6: kubeadm: command not found",
      },
      {
        when: "a missing unit cannot start",
        evidence: failedRun(well, {
          ...join,
          text: "    error: Failed to start flanneld.service: Unit flanneld.service not found.\n",
        }),
        line: "error: Failed to start flanneld.service: Unit flanneld.service not found.",
      },
      {
        when: "systemd does not find a unit",
        evidence: but(
          well,
          "units",
          worker,
          "Id=flanneld.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nConditionResult=no\n",
        ),
        line: "Unit flanneld.service not found",
      },
    ],
    isNot: [
      {
        when: "another thing is not found",
        evidence: failedRun(well, { ...join, text: "    error: page not found\n" }),
      },
    ],
  },
  "data disk damaged": {
    is: [
      {
        when: "its file system is not recognised",
        evidence: failedRun(well, {
          ...init,
          text: "    [  3s] FAILED: the control plane's data disk is not mounted: sh[312]: /dev/vdc has data, but no file system that can be recognised, and is left as it is: e2fsck -b 32768 /dev/vdc repairs an ext4 by its copy\n    error: exit status 1\n",
        }),
        line: "[  3s] FAILED: the control plane's data disk is not mounted: sh[312]: /dev/vdc has data, but no file system that can be recognised, and is left as it is: e2fsck -b 32768 /dev/vdc repairs an ext4 by its copy",
      },
      {
        when: "its file system has errors",
        evidence: failedRun(well, {
          ...init,
          text: "    [  3s] FAILED: the control plane's data disk is not mounted: sh[312]: /dev/vdc has errors that are not repaired without being asked (e2fsck ended with 4), and is left as it is: e2fsck /dev/vdc\n    error: exit status 1\n",
        }),
        line: "[  3s] FAILED: the control plane's data disk is not mounted: sh[312]: /dev/vdc has errors that are not repaired without being asked (e2fsck ended with 4), and is left as it is: e2fsck /dev/vdc",
      },
      {
        when: "its file system is not recognised, in the words of the present image",
        evidence: failedRun(well, {
          ...init,
          text: "    [  3s] FAILED: the control plane's data disk is not mounted: sh[312]: /dev/vdc has data, but no file system that can be recognised. It was not formatted. Fix: e2fsck -b 32768 /dev/vdc repairs an ext4 from a copy of its superblock\n    error: exit status 1\n",
        }),
        line: "[  3s] FAILED: the control plane's data disk is not mounted: sh[312]: /dev/vdc has data, but no file system that can be recognised. It was not formatted. Fix: e2fsck -b 32768 /dev/vdc repairs an ext4 from a copy of its superblock",
      },
      {
        when: "its file system has errors, in the words of the present image",
        evidence: failedRun(well, {
          ...init,
          text: "    [  3s] FAILED: the control plane's data disk is not mounted: sh[312]: /dev/vdc has errors that are not repaired without being asked (e2fsck -p exited with 4). It was not mounted. Fix: e2fsck /dev/vdc\n    error: exit status 1\n",
        }),
        line: "[  3s] FAILED: the control plane's data disk is not mounted: sh[312]: /dev/vdc has errors that are not repaired without being asked (e2fsck -p exited with 4). It was not mounted. Fix: e2fsck /dev/vdc",
      },
    ],
    isNot: [
      {
        when: "it cannot be read",
        evidence: failedRun(well, {
          ...init,
          text: "    [  3s] FAILED: the control plane's data disk is not mounted: sh[312]: /dev/vdc cannot be read\n",
        }),
      },
    ],
  },
  "data disk not mounted": {
    is: [
      {
        when: "it is not mounted",
        evidence: failedRun(well, {
          ...init,
          text: "    [  3s] FAILED: the control plane's data disk is not mounted: × machine.service\n    error: exit status 1\n",
        }),
        line: "[  3s] FAILED: the control plane's data disk is not mounted: × machine.service",
      },
      {
        when: "its unit failed on the control plane",
        evidence: but(
          well,
          "failed-units",
          "master",
          "machine.service loaded failed failed Data disk and identity of this machine\n",
        ),
        line: "machine.service loaded failed failed Data disk and identity of this machine",
      },
    ],
    isNot: [
      {
        when: "a unit of the same name failed on a worker",
        evidence: but(
          well,
          "failed-units",
          worker,
          "machine.service loaded failed failed Data disk and identity of this machine\n",
        ),
      },
      {
        when: "another unit failed on the control plane",
        evidence: but(well, "failed-units", "master", "machine-check.service loaded failed failed Something else\n"),
      },
    ],
  },
  "cloud-init failed": {
    is: [
      {
        when: "a script reached its limit waiting for cloud-init",
        evidence: failedRun(well, {
          ...join,
          text: "    error: [601s] FAILED: cloud-init did not finish within 600s: status: running\n",
        }),
        line: "error: [601s] FAILED: cloud-init did not finish within 600s: status: running",
      },
      {
        when: "cloud-init's status is an error",
        evidence: but(
          well,
          "cloud-init",
          worker,
          "status: error\nextended_status: error - done\nerrors:\n\t- ('scripts_user', RuntimeError())\n",
        ),
        line: "extended_status: error - done",
      },
    ],
    isNot: [
      {
        when: "cloud-init's status is degraded",
        evidence: but(
          well,
          "cloud-init",
          worker,
          "status: done\nextended_status: degraded done\nrecoverable_errors:\nWARNING: x\n",
        ),
      },
    ],
  },
  "data disk full": {
    is: [
      {
        when: "its first mount point is full",
        evidence: but(
          well,
          "disk",
          "master",
          "/dev/vda1  20G  2G  18G  8% /\n/dev/vdb  9.8G  9.8G  0 100% /var/lib/nodeforge\n",
        ),
        line: "/dev/vdb  9.8G  9.8G  0 100% /var/lib/nodeforge",
      },
      {
        when: "another mount point of it is full",
        evidence: but(well, "disk", "master", "/dev/vdb  9.8G  9.8G  0 100% /etc/kubernetes\n"),
        line: "/dev/vdb  9.8G  9.8G  0 100% /etc/kubernetes",
      },
      {
        when: "etcd's database has reached its quota",
        evidence: but(well, "kube-apiserver", "master", 'err="etcdserver: mvcc: database space exceeded"\n'),
        line: 'err="etcdserver: mvcc: database space exceeded"',
      },
    ],
    isNot: [
      {
        when: "only the root disk is full",
        evidence: but(
          well,
          "disk",
          "master",
          "/dev/vda1  20G  20G  0 100% /\n/dev/vdb  9.8G  1G  8.8G 11% /var/lib/nodeforge\n",
        ),
      },
      {
        when: "it is 98 % full",
        evidence: but(well, "disk", "master", "/dev/vdb  9.8G  9.6G  0.2G 98% /var/lib/nodeforge\n"),
      },
    ],
  },
  "disk of a node full": {
    is: [
      {
        when: "the root disk is full",
        evidence: but(
          well,
          "disk",
          worker,
          "Filesystem  Size  Used Avail Use% Mounted on\n/dev/vda1    20G   20G     0 100% /\n",
        ),
        line: "/dev/vda1    20G   20G     0 100% /",
      },
      {
        when: "a remote step has no space left",
        evidence: failedRun(well, {
          ...join,
          text: "    error: write /etc/kubernetes/pki/ca.crt: no space left on device\n",
        }),
        line: "error: write /etc/kubernetes/pki/ca.crt: no space left on device",
      },
      {
        when: "kubelet reports disk pressure",
        evidence: but(
          well,
          "conditions",
          undefined,
          "worker-node-1: DiskPressure=True KubeletHasDiskPressure: kubelet has disk pressure",
        ),
        line: "DiskPressure=True KubeletHasDiskPressure: kubelet has disk pressure",
      },
    ],
    isNot: [
      {
        when: "the root disk is 98 % full and a CD-ROM has no space",
        evidence: but(well, "disk", worker, "/dev/vda1  20G  20G  0 98% /\n/dev/sr0  370K  370K  0 100% /mnt\n"),
      },
      {
        when: "only the data disk is full",
        evidence: but(well, "disk", "master", "/dev/vdb  9.8G  9.8G  0 100% /var/lib/nodeforge\n"),
      },
    ],
  },
  "memory of a node short": {
    is: [
      {
        when: "the kernel killed a process",
        evidence: but(
          well,
          "kernel",
          worker,
          "Nov 21 07:52:01 kernel: Out of memory: Killed process 812 (kube-apiserver) total-vm:1400000kB\n",
        ),
        line: "Nov 21 07:52:01 kernel: Out of memory: Killed process 812 (kube-apiserver) total-vm:1400000kB",
      },
      {
        when: "kubelet reports memory pressure",
        evidence: but(
          well,
          "conditions",
          undefined,
          "worker-node-1: MemoryPressure=True KubeletHasInsufficientMemory: kubelet has insufficient memory available",
        ),
        line: "MemoryPressure=True KubeletHasInsufficientMemory: kubelet has insufficient memory available",
      },
    ],
    isNot: [
      {
        when: "a container exceeded its own limit",
        evidence: but(well, "kernel", worker, "kernel: Memory cgroup out of memory: Killed process 9 (stress)\n"),
      },
    ],
  },
};
