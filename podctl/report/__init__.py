"""The only place that formats: tables, trees, JSON, YAML, progress."""
