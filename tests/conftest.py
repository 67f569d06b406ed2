"""What holds for all tests: neither the machine's speed nor the shell they start from decides whether a property holds."""

import signal
import threading

from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # `pytest &`: a shell has it ignored, and children inherit that
