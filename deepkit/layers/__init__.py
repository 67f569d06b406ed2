"""What a layer computes, once for v1 and for Keras: functions of tensors, without names, scopes, settings or files."""
