/** Style sheets that the build gathers. */
declare module '*.css';
