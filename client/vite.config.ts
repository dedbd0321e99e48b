import { readFileSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type EnvironmentOptions, type Plugin } from "vite";

const OUT = "../src/confusionflow/server/static";

export default defineConfig({
  base: "./",
  plugins: [svelte(), styleInScript(), compiledAtOnce(), figureFonts()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    // Inlined data: URIs would need a looser content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // With all that it imports, also what the rest uses too.
            { name: "page", test: /hosts\/page\.ts$/ },
          ],
        },
      },
    },
  },
  environments: {
    widget: oneScript("widget"),
    report: oneScript("report"),
  },
  builder: {
    async buildApp(builder) {
      await builder.build(builder.environments.client);
      await builder.build(builder.environments.widget);
      await builder.build(builder.environments.report);
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});

/** A host that is one script with all that it needs, and one style sheet: the notebook widget, the one-file report. */
function oneScript(name: string): EnvironmentOptions {
  return {
    consumer: "client",
    build: {
      lib: { entry: `src/hosts/${name}.ts`, formats: ["es"], fileName: name, cssFileName: name },
      rolldownOptions: { output: { codeSplitting: false, minify: true } },
      outDir: OUT,
      emptyOutDir: false,
      copyPublicDir: false,
      target: "es2022",
      assetsInlineLimit: 1_000_000,
      minify: true,
    },
  };
}

/** Puts the widget's style sheet into its script, which hangs it into a shadow tree. */
function styleInScript(): Plugin {
  return {
    name: "style-in-script",
    enforce: "post",
    applyToEnvironment: (environment) => environment.name === "widget",
    generateBundle(_, bundle) {
      const [style] = Object.values(bundle).filter(
        (file) => file.type === "asset" && file.fileName.endsWith(".css"),
      );
      for (const file of Object.values(bundle))
        if (file.type === "chunk")
          file.code = file.code.replace(/["'`]__STYLE__["'`]/, () =>
            JSON.stringify(style?.type === "asset" ? `${style.source}` : ""),
          );
      if (style) delete bundle[style.fileName];
    },
  };
}

/**
 * Tells Chromium that what the page shows first calls most functions of its script: it then compiles them beside the
 * download, and not one by one while the page waits. Other browsers ignore the comment.
 */
function compiledAtOnce(): Plugin {
  return {
    name: "compiled-at-once",
    applyToEnvironment: (environment) => environment.name === "client",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const file of Object.values(bundle))
          if (file.type === "chunk" && file.name === "page")
            file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
      },
    },
  };
}

/**
 * Puts the font of figures that leave as PDF beside the page. It is the page's, without axes of
 * variation: those of the page's own font would become Type 3, which publishers refuse.
 */
function figureFonts(): Plugin {
  const folder = new URL("./node_modules/@fontsource/inter/", import.meta.url);
  const inline = (sheet: string) =>
    sheet.replaceAll(/src: url\(\.\/(\S+\.woff2)\)[^;]*;/g, (_, path: string) => {
      const data = readFileSync(new URL(path, folder)).toString("base64");
      return `src: url(data:font/woff2;base64,${data}) format("woff2");`;
    });
  return {
    name: "figure-fonts",
    applyToEnvironment: (environment) => environment.name === "client",
    generateBundle() {
      const sheets = ["400.css", "600.css"].map((name) =>
        readFileSync(new URL(name, folder), "utf8"),
      );
      const source = sheets.map(inline).join("");
      this.emitFile({ type: "asset", fileName: "figure-fonts.css", source });
    },
  };
}
