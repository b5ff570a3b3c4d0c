"""The only folder that spells docker's commands and parses its answers."""
