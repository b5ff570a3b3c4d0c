"""podctl: Kubernetes Pods on plain machines, over SSH, with nothing installed on them."""

__version__ = "0.1.0"
