import { readFileSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const OUT = "../src/confusionflow/server/static";

export default defineConfig({
  base: "./",
  plugins: [svelte(), styleInScript(), figureFonts()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    // Inlined data: URIs would need a looser content security policy.
    assetsInlineLimit: 0,
  },
  environments: {
    // The notebook widget: one script with all that it needs.
    widget: {
      consumer: "client",
      build: {
        lib: {
          entry: "src/hosts/widget.ts",
          formats: ["es"],
          fileName: "widget",
          cssFileName: "widget",
        },
        outDir: OUT,
        emptyOutDir: false,
        copyPublicDir: false,
        target: "es2022",
        assetsInlineLimit: 1_000_000,
        minify: true,
      },
    },
  },
  builder: {
    async buildApp(builder) {
      await builder.build(builder.environments.client);
      await builder.build(builder.environments.widget);
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});

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
