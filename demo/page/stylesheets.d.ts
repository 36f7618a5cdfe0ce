// esbuild turns stylesheets that are imported into page.css.
declare module '*.css';
