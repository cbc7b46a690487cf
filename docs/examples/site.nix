# A module of your own for the node image:
# - copy it to nix/site.nix;
# - add ./nix/site.nix to `modules` in flake.nix;
# - run `git add` for both, because a flake sees only files that git tracks;
# - run `npm run image -- --nix`.
{ lib, pkgs, ... }:
let
  # The scheduler under test: any package with this program in bin/.
  scheduler = pkgs.callPackage ./scheduler.nix { };
in
{
  # Replaces kube-scheduler, with the same arguments. `mkForce` overrides the command of the unit.
  systemd.services.kube-scheduler.serviceConfig.ExecStart =
    lib.mkForce "${scheduler}/bin/kube-scheduler --kubeconfig=/etc/kubernetes/scheduler.conf --leader-elect=false";

  # Runs beside it, under a name of its own. The condition waits until the node is the control plane.
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
