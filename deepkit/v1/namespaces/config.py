"""`tf.config`: the devices of this machine."""

from deepkit.v1.namespaces import config_experimental as experimental
from deepkit.v1.namespaces.config_experimental import (
    LogicalDevice,
    PhysicalDevice,
    get_visible_devices,
    list_logical_devices,
    list_physical_devices,
    set_visible_devices,
)

__all__ = [
    "LogicalDevice", "PhysicalDevice", "experimental", "get_visible_devices", "list_logical_devices",
    "list_physical_devices", "set_visible_devices",
]
