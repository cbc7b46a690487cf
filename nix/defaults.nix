# Default values of the options services.nodeforge, taken from the declaration.
let
  inherit (import ./declaration.nix) node ports;

  # Default values of a unit's options.
  blankUnit = {
    description = "";
    type = "exec";
    exec = [ ];
    extraArgs = [ ];
    execAfter = [ ];
    condition = null;
    after = [ ];
    before = [ ];
    wants = [ ];
    wantedBy = [ "multi-user.target" ];
    early = false;
    remain = false;
    environmentFiles = [ ];
    optionalEnvironmentFiles = [ ];
    startTimeout = null;
    tools = [ ];
    sandbox = false;
    serviceConfig = { };
    timer = null;
  };

  # Names of options that differ from the declaration's keys.
  optionOf = {
    exec-after = "execAfter";
    wanted-by = "wantedBy";
    environment-files = "environmentFiles";
    optional-environment-files = "optionalEnvironmentFiles";
    start-timeout = "startTimeout";
    service = "serviceConfig";
  };

  unitOf =
    declared:
    let
      given = builtins.listToAttrs (
        map (key: {
          name = optionOf.${key} or key;
          value = declared.${key};
        }) (builtins.attrNames (removeAttrs declared [ "name" ]))
      );
      timerOf =
        { calendar, random-delay }:
        {
          inherit calendar;
          randomDelay = random-delay;
        };
      unknown = builtins.attrNames (removeAttrs given (builtins.attrNames blankUnit));
    in
    # Ignoring an unknown key would make a unit that differs from Debian's.
    if unknown == [ ] then
      blankUnit // given // (if given ? timer then { timer = timerOf given.timer; } else { })
    else
      throw "node.toml: unit ${declared.name} has ${builtins.concatStringsSep ", " unknown}, but nix/defaults.nix has no such option";
in
{
  inherit blankUnit unitOf;

  # Names of programs in nixpkgs' packages that differ from the declaration's.
  packagedAs.flanneld = "flannel";

  units = builtins.listToAttrs (
    map (declared: {
      inherit (declared) name;
      value = unitOf declared;
    }) node.unit
  );
  extraUnits = { };

  inherit (node) restart sandbox;

  firewall = {
    enable = true;
    tcp = ports "tcp";
    udp = ports "udp";
    controlPlane = ports "control-plane";
    extraTcp = [ ];
    extraUdp = [ ];
  };

  inherit (node) sysctl;
  kernel = {
    inherit (node.kernel) modules blacklist parameters;
  };

  ssh = {
    hostKeyType = node.ssh.host-key-type;
    inherit (node.ssh) settings;
  };

  cloudInit = {
    settings = node.cloud-init;
    seedLabel = node.seed.label;
    seedTimeout = node.seed.timeout;
  };

  files = builtins.listToAttrs (
    map (file: {
      name = file.path;
      value = file.source;
    }) node.file
  );
  tmpfiles = node.tmpfiles.rules;
  marker = "";

  kubelet.extraConfig = { };

  quiet = {
    units = builtins.concatLists (map (group: group.units) node.quiet);
    generators = node.generators.quiet;
  };

  images = builtins.mapAttrs (_: image: {
    inherit (image) name entrypoint;
    user = image.user or null;
  }) node.image;
}
