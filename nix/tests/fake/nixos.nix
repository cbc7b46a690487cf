# Fakes of the NixOS options that the modules set: with NixOS' types, without its implementation. Also fakes the definitions of NixOS
# that the modules override.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;

  option = type: mkOption { inherit type; };
  withDefault = default: type: mkOption { inherit type default; };
  flag = withDefault false types.bool;
  texts = withDefault [ ] (types.listOf types.str);
  packages = withDefault [ ] (types.listOf types.package);

  unitName = types.strMatching "[a-zA-Z0-9@%:_.\\-]+[.](service|socket|device|mount|automount|swap|target|path|timer|scope|slice)";
  unitNames = withDefault [ ] (types.listOf unitName);
  # A list makes one line for each member. Any other value may be defined once.
  unitValue =
    let
      atom = types.oneOf [
        types.bool
        types.int
        types.str
        types.path
        types.package
      ];
    in
    types.either atom (types.listOf atom);
  section = withDefault { } (types.attrsOf unitValue);

  service.options = {
    enable = withDefault true types.bool;
    description = withDefault "" types.singleLineStr;
    wantedBy = unitNames;
    wants = unitNames;
    requires = unitNames;
    after = unitNames;
    before = unitNames;
    conflicts = unitNames;
    path = withDefault [ ] (types.listOf (types.either types.package types.str));
    restartIfChanged = withDefault true types.bool;
    unitConfig = section;
    serviceConfig = section;
  };

  unit.options = {
    enable = withDefault true types.bool;
    text = withDefault null (types.nullOr types.str);
    overrideStrategy = withDefault "asDropinIfExists" (
      types.enum [
        "asDropinIfExists"
        "asDropin"
      ]
    );
  };

  # NixOS makes a unit of every service, with the same priority as a module's definition.
  unitOf =
    name: service:
    lib.nameValuePair "${name}.service" {
      inherit (service) enable;
      text = "[Unit]\nDescription=${service.description}\n";
    };

  timer.options = {
    description = withDefault "" types.str;
    wantedBy = texts;
    timerConfig = withDefault { } (types.attrsOf types.str);
  };

  etcFile.options = {
    text = withDefault null (types.nullOr types.lines);
    mode = withDefault "symlink" types.str;
  };

  hostKey.options = {
    type = option types.str;
    path = option types.str;
  };
in
{
  options = {
    assertions = withDefault [ ] (types.listOf types.unspecified);
    warnings = texts;

    systemd = {
      services = withDefault { } (types.attrsOf (types.submodule service));
      units = withDefault { } (types.attrsOf (types.submodule unit));
      timers = withDefault { } (types.attrsOf (types.submodule timer));
      generators = withDefault { } (types.attrsOf types.path);
      tmpfiles.rules = texts;
      network.enable = flag;
    };

    environment = {
      etc = withDefault { } (types.attrsOf (types.submodule etcFile));
      systemPackages = packages;
      defaultPackages = packages;
    };

    boot = {
      kernelModules = texts;
      blacklistedKernelModules = texts;
      kernelParams = withDefault [ ] (types.listOf (types.strMatching "([^\"[:space:]]|\"[^\"]*\")+"));
      kernel.sysctl = withDefault { } (
        types.attrsOf (
          types.nullOr (
            types.oneOf [
              types.bool
              types.int
              types.str
            ]
          )
        )
      );
      initrd.availableKernelModules = texts;
      growPartition = flag;
      loader = {
        timeout = option (types.nullOr types.int);
        grub.devices = texts;
      };
      bcache.enable = flag;
      enableContainers = flag;
    };

    networking = {
      hostName = withDefault "nixos" (
        types.strMatching "^$|^[[:alnum:]]([[:alnum:]_-]{0,61}[[:alnum:]])?$"
      );
      useDHCP = flag;
      dhcpcd.enable = flag;
      firewall.enable = flag;
      nftables.enable = flag;
    };

    services = {
      openssh = {
        enable = flag;
        hostKeys = withDefault [ ] (types.listOf (types.submodule hostKey));
        settings = withDefault { } (
          types.submodule {
            freeformType = types.attrsOf (
              types.oneOf [
                types.bool
                types.int
                types.str
              ]
            );
            options = {
              PermitRootLogin = withDefault "prohibit-password" (
                types.enum [
                  "yes"
                  "without-password"
                  "prohibit-password"
                  "forced-commands-only"
                  "no"
                ]
              );
              PasswordAuthentication = withDefault true types.bool;
              KbdInteractiveAuthentication = withDefault true types.bool;
              UseDns = flag;
              X11Forwarding = flag;
            };
          }
        );
      };
      cloud-init = {
        enable = flag;
        network.enable = flag;
        settings = withDefault { } (types.attrsOf types.anything);
      };
      resolved.enable = flag;
      timesyncd.enable = withDefault true types.bool;
      qemuGuest.enable = flag;
      kubernetes.kubelet.enable = flag;
      lvm.enable = flag;
    };

    users = {
      mutableUsers = flag;
      users = withDefault { } (types.attrsOf types.anything);
      groups = withDefault { } (types.attrsOf types.anything);
    };
    security = {
      sudo = {
        enable = flag;
        extraConfig = withDefault "" types.lines;
      };
      polkit.enable = flag;
    };

    image.modules = withDefault { } (types.attrsOf types.deferredModule);
    fileSystems = withDefault { } (types.attrsOf types.anything);
    swapDevices = withDefault [ ] (types.listOf types.anything);
    nix.enable = withDefault true types.bool;
    fonts.fontconfig.enable = flag;
    programs.nano.enable = flag;
    i18n.defaultLocale = option types.str;
    nixpkgs.hostPlatform = withDefault "x86_64-linux" types.str;
    virtualisation = {
      memorySize = option types.int;
      cores = option types.int;
      diskSize = option types.int;
      qemu.options = texts;
      emptyDiskImages = withDefault [ ] (types.listOf types.anything);
    };
    system = {
      name = option types.str;
      disableInstallerTools = flag;
      stateVersion = option types.str;
    };
  };

  config.systemd = {
    units = lib.mapAttrs' unitOf config.systemd.services;
    # NixOS always defines this service. A node masks it.
    services.systemd-pstore.wantedBy = [ "sysinit.target" ];
  };
}
