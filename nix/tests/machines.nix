# Checks of the flake: virtual machines with NixOS become a cluster through the program's guest scripts.
#
# The program also makes their names, seeds and kubeadm configurations: test/nix/machines.json, which a test keeps up to date.
{
  lib,
  pkgs,
  # The flake's module of a node.
  module,
}:
let
  inherit (import ../declaration.nix) node;

  program = lib.recursiveUpdate (builtins.fromJSON (builtins.readFile ../../test/nix/machines.json)) {
    parameters = {
      # guest/script.ts passes it to every script.
      IMAGE_CONTRACT = node.contract;
      APPROVE_JOINS = text "approve-joins";
      APPROVE_KUBELETS = text "approve-kubelets";
      SANDBOX = lib.concatLines (lib.mapAttrsToList (key: value: "${key}=${value}") node.sandbox);
    };
  };

  # Builds a script as guest/script.ts does, but takes its parameters from the environment.
  text =
    name:
    lib.concatMapStringsSep "\n" (
      line:
      if lib.hasPrefix "source lib/" line then
        builtins.readFile (../../guest + "/${lib.removePrefix "source " line}")
      else
        line
    ) (lib.splitString "\n" (builtins.readFile (../../guest + "/${name}.sh")));
  guest = name: pkgs.writeText "${name}.sh" (text name);

  scripts = lib.genAttrs [
    "init-control-plane"
    "join"
    "mint-token"
    "wait-ready"
  ] guest;

  seed =
    { name, seed, ... }:
    pkgs.runCommand "seed-${name}.iso" { nativeBuildInputs = [ pkgs.xorriso ]; } ''
      mkdir seed
      ${lib.concatStrings (
        lib.mapAttrsToList (file: text: "cp ${pkgs.writeText file text} seed/${file}\n") seed
      )}
      xorriso -as mkisofs -volid cidata -joliet -rational-rock -output $out seed
    '';

  machine = node: {
    imports = [ module ];
    services.nodeforge = {
      enable = true;
      kubelet.extraConfig.maxPods = 42;
    };
    # The image has no Nix daemon, either.
    nix.enable = false;
    # Only the test driver uses this name. The seed sets the host name.
    system.name = node.name;
    virtualisation = {
      cores = 2;
      memorySize = 2048;
      diskSize = 8192;
      qemu.options = [ "-cdrom ${seed node}" ];
      # The control plane's data disk, with the serial number that the program gives it.
      emptyDiskImages = lib.optional (node == lib.head program.nodes) {
        size = 2048;
        driveConfig.deviceExtraOpts.serial = "nodeforge-data";
      };
    };
  };

  # Machines with the names of the program's nodes. The test driver numbers them, and so their addresses, in the order of their names.
  machines = nodes: lib.listToAttrs (map (node: lib.nameValuePair node.name (machine node)) nodes);

  prelude = ''
    import json
    import shlex

    program = json.loads(${builtins.toJSON (builtins.toJSON program)})
    scripts = ${builtins.toJSON (lib.mapAttrs (_: toString) scripts)}
    by_name = {machine.name: machine for machine in machines_qemu}
    nodes = [node for node in program["nodes"] if node["name"] in by_name]
    master = by_name["master"]


    def run(machine, script, stdin="", **parameters):
        """Runs a script of guest/ as the program does. Returns its result."""
        known = {**program["parameters"], **parameters}
        variables = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in known.items())
        command = f"printf %s {shlex.quote(stdin)} | env {variables} bash {scripts[script]}"
        return json.loads(machine.succeed(command, timeout=1800) or "null")


    def own(node):
        return {"NODE_NAME": node["name"], "NODE_ADDRESS": node["address"]}


    def join(node):
        where = {"WORKER_NAME": node["name"], "WORKER_ADDRESS": node["address"], "TOKEN_TTL_MINUTES": 30}
        minted = run(master, "mint-token", **where)
        configuration = node["join"].replace("@TOKEN@", minted["token"]).replace("@CA_CERT_HASH@", minted["caCertHash"])
        run(by_name[node["name"]], "join", configuration, **own(node))


    def ready():
        run(master, "wait-ready", "".join(f"{node['name']} {node['address']}\n" for node in nodes), READY_TIMEOUT_SECONDS=900)


    def kubectl(arguments):
        return master.succeed(f"KUBECONFIG=/etc/kubernetes/admin.conf kubectl {arguments}")


    start_all()
    for machine in machines_qemu:
        machine.wait_for_unit("multi-user.target")
  '';

  test =
    name: nodes: script:
    pkgs.testers.runNixOSTest {
      inherit name;
      nodes = machines nodes;
      testScript = prelude + script;
    };

  control = lib.take 1 program.nodes;
in
{
  # A node before a script has initialized it, and a control plane without workers.
  node = test "nodeforge-node" control ''
    with subtest("has the name that its seed sets"):
        assert master.succeed("hostname").strip() == "master"

    with subtest("runs no unit of Kubernetes"):
        for unit in ["etcd", "kube-apiserver", "kubelet", "kube-proxy", "flanneld"]:
            assert master.get_unit_info(unit)["ConditionResult"] == "no", unit
            master.fail(f"systemctl is-active {unit}")
        master.fail("ss --listening --tcp --numeric --no-header | grep -E ':(2379|6443|10250) '")
        master.fail("systemctl --failed --quiet | grep .")

    with subtest("keeps its clock with the declared unit alone"):
        master.wait_for_unit("chrony.service")
        master.fail("systemctl is-active systemd-timesyncd.service")

    with subtest("opens the declared ports only"):
        rules = master.succeed("nft list table inet nodeforge")
        assert "tcp dport { 22, 10250 } accept" in rules, rules

    with subtest("accepts no password"):
        assert "passwordauthentication no" in master.succeed("sshd -T")
        master.fail("systemctl is-active nix-daemon.socket nix-daemon.service")

    with subtest("has every container image, pinned"):
        listed = master.succeed("ctr --namespace k8s.io images list")
        for image in ["pause", "coredns", "smoke"]:
            line = next(line for line in listed.splitlines() if f"nodeforge.local/{image}:" in line)
            assert "io.cri-containerd.pinned=pinned" in line, line

    with subtest("becomes a control plane, and a second run changes nothing"):
        for _ in range(2):
            assert run(master, "init-control-plane", program["init"], **own(nodes[0]))["kubernetesVersion"]
        ready()

    with subtest("runs no pods without a toleration on the control plane"):
        assert "node-role.kubernetes.io/control-plane:NoSchedule" in kubectl("describe node master")

    with subtest("applies kubelet's drop-in files"):
        kubelet = json.loads(kubectl("get --raw /api/v1/nodes/master/proxy/configz"))["kubeletconfig"]
        assert kubelet["failSwapOn"] is False
        assert kubelet["maxPods"] == 42
  '';

  # A control plane and two workers, started in the program's order, then shut down and started again.
  cluster = test "nodeforge-cluster" program.nodes ''
    run(master, "init-control-plane", program["init"], **own(nodes[0]))
    for worker in nodes[1:]:
        join(worker)
    ready()

    with subtest("changes nothing when a worker joins again"):
        first = nodes[1]
        by_name[first["name"]].succeed("systemctl is-active kubelet")
        run(by_name[first["name"]], "join", first["join"].replace("@TOKEN@", ""), **own(first))

    with subtest("gives every node its own subnet of the pod network"):
        subnets = kubectl("get nodes --output jsonpath='{.items[*].spec.podCIDR}'").split()
        assert len(set(subnets)) == len(nodes), subnets

    with subtest("shows the logs of a pod on every worker"):
        for worker in nodes[1:]:
            pod = f"hello-{worker['name']}"
            spec = json.dumps({"apiVersion": "v1", "spec": {"nodeName": worker["name"]}})
            command = f"--command -- /bin/sh -c 'echo hello from {pod}; sleep 3600'"
            master.wait_until_succeeds("KUBECONFIG=/etc/kubernetes/admin.conf kubectl get serviceaccount default", timeout=120)
            kubectl(f"run {pod} --image nodeforge.local/smoke:1 --image-pull-policy Never --overrides {shlex.quote(spec)} {command}")
            kubectl(f"wait --for condition=Ready --timeout 300s pod/{pod}")
            assert kubectl(f"logs {pod}").strip() == f"hello from {pod}"

    with subtest("starts again after all machines were off"):
        for machine in machines_qemu:
            machine.shutdown()
        start_all()
        for machine in machines_qemu:
            machine.wait_for_unit("multi-user.target")
        master.wait_until_succeeds("KUBECONFIG=/etc/kubernetes/admin.conf kubectl get --raw /readyz", timeout=600)
        ready()
        for worker in nodes[1:]:
            kubectl(f"wait --for condition=Ready --timeout 300s pod/hello-{worker['name']}")
  '';
}
