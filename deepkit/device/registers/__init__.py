"""What kernels are made of that say themselves which numbers stay in the processor's registers."""
