# A module of your own for the node image: copy it to nix/site.nix, add ./site.nix to `modules` in nix/flake.nix, and
# `git add` both, because a flake sees only what git knows. Then: npm run image -- --nix
{ lib, pkgs, ... }:
let
  # The scheduler under test: any package with this program in bin/.
  scheduler = pkgs.callPackage ./scheduler.nix { };
in
{
  # In place of kube-scheduler, with the arguments the declaration gives to that. `mkForce` because the unit has a command already.
  systemd.services.kube-scheduler.serviceConfig.ExecStart =
    lib.mkForce "${scheduler}/bin/kube-scheduler --kubeconfig=/etc/kubernetes/scheduler.conf --leader-elect=false";

  # Beside it, under a name of its own. The condition keeps a booted node quiet until it is the control plane.
  systemd.services.second-scheduler = {
    description = "Scheduler under test";
    wantedBy = [ "multi-user.target" ];
    after = [ "kube-apiserver.service" ];
    unitConfig.ConditionPathExists = "/etc/nodeforge/control-plane";
    serviceConfig = {
      ExecStart = "${scheduler}/bin/scheduler --kubeconfig=/etc/kubernetes/scheduler.conf";
      Restart = "always";
      RestartSec = 5;
    };
  };

  environment.systemPackages = [ pkgs.perf ];

  boot.kernelPackages = pkgs.linuxPackages_latest;
}
