# The declaration in the words of the options services.nodeforge has: what they are unless a configuration says otherwise.
let
  inherit (import ./declaration.nix) node ports;

  # A unit that says nothing.
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
    serviceConfig = { };
    timer = null;
  };

  # Where the declaration's words differ.
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
    # Silence would be a unit that differs from Debian's.
    if unknown == [ ] then
      blankUnit // given // (if given ? timer then { timer = timerOf given.timer; } else { })
    else
      throw "node.toml: unit ${declared.name} has ${builtins.concatStringsSep ", " unknown}, which nix/defaults.nix does not know";
in
{
  inherit blankUnit unitOf;

  # Where nixpkgs' package calls its program otherwise than the declaration does.
  packagedAs.flanneld = "flannel";

  units = builtins.listToAttrs (
    map (declared: {
      inherit (declared) name;
      value = unitOf declared;
    }) node.unit
  );
  extraUnits = { };

  inherit (node) restart;

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
