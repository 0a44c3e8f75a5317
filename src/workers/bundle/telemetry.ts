/*
 * Microsoft's builds of onnxruntime report sessions, models and hardware to Microsoft over the network, and keep a device id
 * and logs on the disk, since 1.30 on Linux and macOS too. This is their full opt-out; it counts only where it is set before the library
 * is loaded, so this module is imported ahead of it.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
