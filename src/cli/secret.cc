#include "cli/secret.h"

#include <iostream>

#include "server/secret.h"

namespace herd::cli {
namespace {

constexpr const char* kFooter =
    "Servers that are neighbours prove to each other that they know this secret; it is never sent "
    "or\n"
    "logged. Copy the file to every machine of the herd. A file that is there already stays as it "
    "is.\n"
    "\n"
    "Example:\n"
    "  herd --config ring.toml secret";

Exit MakeSecret(const Context& context) {
  const auto config = context.Config();
  if (!config) {
    std::cerr << "herd secret: " << config.error() << '\n';
    return Exit::kUsage;
  }
  const auto file = server::SecretFile(*config);
  const auto made = server::MakeSecretFile(file);
  if (!made) {
    std::cerr << "herd secret: " << made.error() << '\n';
    return Exit::kFailed;
  }
  std::cout << file.string() << '\n';
  std::cerr << (*made ? "herd secret: made\n"
                      : "herd secret: it was there already and stays as it is\n");
  return Exit::kOk;
}

}  // namespace

void AddSecret(CLI::App& app, Context& context) {
  CLI::App* secret = app.add_subcommand(
      "secret", "Make the herd's secret, if there is none, and print its file's path");
  secret->footer(kFooter);
  secret->callback([&context] { context.exit = MakeSecret(context); });
}

}  // namespace herd::cli
