# Defines an option that no module declares.
{
  services.nodeforge.kubelets.enable = true;
}
