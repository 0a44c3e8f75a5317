/*
 * Microsoft's builds of onnxruntime send sessions, models and hardware details to Microsoft, and keep a device id and logs on disk (since 1.30
 * on Linux and macOS too). This variable is the documented opt-out. It only works if it is set before the library is loaded, so this
 * module must be imported first.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
