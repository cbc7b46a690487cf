# What a node's options mean in NixOS' own words, one fragment of a configuration for each topic.
#
# Pure: it needs Nix, but neither nixpkgs' lib nor a package, so that every test compares it with the Debian image.
{
  # Values of services.nodeforge, as in defaults.nix.
  cfg,
  # Name of a program -> its full path.
  command,
  # Name of a tool -> the package it is in.
  package,
  # Name of a container image -> its archive.
  archive,
  # Versions of the node's programs, for the image record.
  versions,
  marker ? "",
}:
let
  inherit (import ./declaration.nix) node fileText;
  inherit (builtins) concatStringsSep mapAttrs;

  optional = condition: value: if condition then [ value ] else [ ];
  optionalAttrs = condition: set: if condition then set else { };
  join = concatStringsSep " ";
  genAttrs =
    names: f:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = f name;
      }) names
    );

  below =
    path:
    if builtins.substring 0 5 path == "/etc/" then
      builtins.substring 5 (-1) path
    else
      throw "node.toml: file ${path}: NixOS makes files below /etc only";

  # systemd on NixOS finds no program by its bare name.
  commandLine = exec: join ([ (command (builtins.head exec)) ] ++ builtins.tail exec);

  service =
    unit:
    let
      # What stays running is started again; what has done its work is not.
      repeats = unit.type != "oneshot";
    in
    {
      inherit (unit)
        description
        wantedBy
        wants
        after
        ;
      before = unit.before ++ optional unit.early "shutdown.target";
      conflicts = optional unit.early "shutdown.target";
      # Programs a unit calls by name; NixOS gives it no others.
      path = map package unit.tools;
      # A switch of the configuration must not restart what runs pods and holds the cluster's data.
      restartIfChanged = false;
      unitConfig =
        optionalAttrs unit.early { DefaultDependencies = false; }
        // optionalAttrs (unit.condition != null) { ConditionPathExists = unit.condition; }
        # A unit that waits for something outside this machine may fail for minutes: never give up.
        // optionalAttrs repeats { StartLimitIntervalSec = 0; };
      serviceConfig = {
        Type = unit.type;
        ExecStart = commandLine (unit.exec ++ unit.extraArgs);
        EnvironmentFile = unit.environmentFiles ++ map (path: "-${path}") unit.optionalEnvironmentFiles;
      }
      // optionalAttrs (unit.execAfter != [ ]) { ExecStartPost = commandLine unit.execAfter; }
      // optionalAttrs unit.remain { RemainAfterExit = true; }
      // optionalAttrs (unit.startTimeout != null) { TimeoutStartSec = unit.startTimeout; }
      // optionalAttrs repeats {
        Restart = cfg.restart.policy;
        RestartSec = cfg.restart.seconds;
      }
      // unit.serviceConfig;
    };

  # systemd starts the unit of a timer's name.
  timer = unit: {
    inherit (unit) description;
    wantedBy = [ "timers.target" ];
    timerConfig = {
      OnCalendar = unit.timer.calendar;
      RandomizedDelaySec = unit.timer.randomDelay;
    };
  };

  units = removeAttrs (cfg.units // cfg.extraUnits) (
    if cfg.firewall.enable then
      [ ]
    else
      [
        "firewall"
        "firewall-control-plane"
      ]
  );
  timed = builtins.filter (name: units.${name}.timer != null) (builtins.attrNames units);

  ports = {
    tcp = cfg.firewall.tcp ++ cfg.firewall.extraTcp;
    udp = cfg.firewall.udp ++ cfg.firewall.extraUdp;
    inherit (cfg.firewall) controlPlane;
  };

  hasExtraConfig = cfg.kubelet.extraConfig != { };
  extraConfigFile = "/etc/nodeforge/kubelet-extra.conf";

  # "-" stands for "/" in the name of a device unit, so the one in by-label is escaped.
  seedDevice = "dev-disk-by\\x2dlabel-${cfg.cloudInit.seedLabel}.device";
in
{
  units.systemd = {
    services = mapAttrs (_: service) units;
    timers = genAttrs timed (name: timer units.${name});
  };

  files = {
    environment.etc =
      builtins.listToAttrs (
        map (path: {
          name = below path;
          value.text = fileText ports cfg.files.${path};
        }) (builtins.attrNames cfg.files)
      )
      // {
        ${below node.paths.image-record}.text = builtins.toJSON {
          inherit (node) contract;
          inherit marker versions;
        };
      }
      // optionalAttrs hasExtraConfig {
        ${below extraConfigFile}.text = builtins.toJSON (
          {
            apiVersion = "kubelet.config.k8s.io/v1beta1";
            kind = "KubeletConfiguration";
          }
          // cfg.kubelet.extraConfig
        );
      };
    systemd.tmpfiles.rules =
      cfg.tmpfiles
      ++ [ "L+ ${node.paths.cni-plugins} - - - - ${package "cni-plugins"}/bin" ]
      # Drop-ins count in the order of their names: this one after the declared one.
      ++ optional hasExtraConfig "L+ /var/lib/kubelet/config.d/50-extra.conf - - - - ${extraConfigFile}";
  };

  kernel.boot = {
    kernelModules = cfg.kernel.modules;
    blacklistedKernelModules = cfg.kernel.blacklist;
    kernelParams = cfg.kernel.parameters;
    kernel.sysctl = cfg.sysctl;
  };

  ssh = {
    services.openssh = {
      hostKeys = [
        {
          type = cfg.ssh.hostKeyType;
          path = "/etc/ssh/ssh_host_${cfg.ssh.hostKeyType}_key";
        }
      ];
      # NixOS spells one of them its own way and types some: what is yes or no in sshd is true or false there.
      settings = builtins.listToAttrs (
        map (name: {
          name = { UseDNS = "UseDns"; }.${name} or name;
          value =
            {
              yes = true;
              no = false;
            }
            .${cfg.ssh.settings.${name}} or cfg.ssh.settings.${name};
        }) (builtins.attrNames cfg.ssh.settings)
      );
    };
    # The shell that a seed gives its user.
    systemd.tmpfiles.rules = [ "L+ /bin/bash - - - - /run/current-system/sw/bin/bash" ];
  };

  cloudInit = {
    services.cloud-init.settings = cfg.cloudInit.settings;
    # What its generator would leave behind: `cloud-init status` then knows that it is enabled.
    systemd.tmpfiles.rules = [
      "d /run/cloud-init 0755 root root -"
      "f /run/cloud-init/enabled"
    ];
    # The seed is on a disk that may appear later than cloud-init starts.
    systemd.services.cloud-init-local = {
      wants = [ seedDevice ];
      after = [ seedDevice ];
    };
    systemd.units.${seedDevice} = {
      overrideStrategy = "asDropin";
      text = ''
        [Unit]
        JobRunningTimeoutSec=${cfg.cloudInit.seedTimeout}
      '';
    };
  };

  quiet.systemd = {
    units = genAttrs cfg.quiet.units (_: {
      enable = false;
    });
    generators = genAttrs cfg.quiet.generators (_: "/dev/null");
  };

  containerImages.systemd.services.container-images = {
    description = "Container images of the node";
    wantedBy = [ "multi-user.target" ];
    wants = [ ];
    requires = [ "containerd.service" ];
    after = [ "containerd.service" ];
    before = [ "kubelet.service" ];
    conflicts = [ ];
    path = [ ];
    restartIfChanged = false;
    unitConfig = { };
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      # Pinned: kubelet's garbage collection leaves them, however full the disk is.
      ExecStart = map (
        name:
        "${command "ctr"} --namespace k8s.io images import --local --label io.cri-containerd.pinned=pinned ${archive name}"
      ) (builtins.attrNames cfg.images);
    };
  };
}
