declare module 'disposablestack/AsyncDisposableStack' {
  const implementation: typeof AsyncDisposableStack;
  // biome-ignore lint/style/noDefaultExport: the shape of the package
  export default implementation;
}
