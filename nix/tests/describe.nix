# Describes the node of a configuration as plain data, for the comparison with the Debian image.
{
  # Configuration: evaluated by nixpkgs, or merged by pure.nix.
  config,
  # Container images: name -> { name, entrypoint, user }.
  images,
  # Name and attributes of a service -> the commands that its PATH gives it.
  toolsOf,
}:
let
  inherit (builtins)
    attrNames
    filter
    listToAttrs
    mapAttrs
    ;

  filterAttrs = keep: set: removeAttrs set (filter (name: !keep set.${name}) (attrNames set));

  lists = listToAttrs (
    map
      (name: {
        inherit name;
        value = [ ];
      })
      [
        "after"
        "before"
        "conflicts"
        "requires"
        "wantedBy"
        "wants"
      ]
  );

  service =
    name: given:
    let
      whole =
        lists
        // {
          description = "";
          serviceConfig = { };
          unitConfig = { };
        }
        // given;
    in
    {
      inherit (whole)
        after
        before
        conflicts
        description
        requires
        serviceConfig
        unitConfig
        wantedBy
        wants
        ;
      tools = toolsOf name whole;
    };

  masked = attrNames (filterAttrs (unit: !(unit.enable or true)) config.systemd.units);
in
{
  inherit masked;
  timers = mapAttrs (_: timer: {
    inherit (timer) description timerConfig wantedBy;
  }) config.systemd.timers;
  # A masked service has no effect, so it is left out.
  services = mapAttrs service (
    removeAttrs config.systemd.services (map (builtins.replaceStrings [ ".service" ] [ "" ]) masked)
  );
  dropIns = mapAttrs (_: unit: unit.text) (
    filterAttrs (unit: (unit.overrideStrategy or "") == "asDropin") config.systemd.units
  );
  inherit (config.systemd) generators;
  tmpfiles = config.systemd.tmpfiles.rules;
  etc = mapAttrs (_: file: file.text) (
    filterAttrs (file: (file.text or null) != null) config.environment.etc
  );
  sysctl = config.boot.kernel.sysctl;
  modules = config.boot.kernelModules;
  blacklist = config.boot.blacklistedKernelModules;
  parameters = config.boot.kernelParams;
  ssh = {
    inherit (config.services.openssh) hostKeys settings;
  };
  cloudInit = config.services.cloud-init.settings;
  images = mapAttrs (_: image: {
    inherit (image) name;
    config = import ../container-config.nix image;
  }) images;
}
