"""The starter screen: its recipe, the difference that ships, and how base and difference become one."""
