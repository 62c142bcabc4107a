#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace herd::places {

// For tests: tests/google_stub.py as a process, with a certificate of its own. It ends with its
// standard input, so also when this program crashes.
class GoogleStub {
 public:
  GoogleStub() {
    std::string dir = (std::filesystem::temp_directory_path() / "herd_stub_XXXXXX").string();
    if (mkdtemp(dir.data()) == nullptr) throw std::runtime_error("no temporary folder");
    dir_ = dir;
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("no pipe");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::vector<std::string> words = {"python3", HERD_GOOGLE_STUB, "--make-cert", dir,
                                      "--until-eof"};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int error = posix_spawnp(&pid_, "python3", &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    if (error != 0) throw std::runtime_error("the stub does not start");
    ReadPort(out[0]);
  }
  GoogleStub(const GoogleStub&) = delete;
  GoogleStub& operator=(const GoogleStub&) = delete;
  ~GoogleStub() {
    close(input_);
    waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(dir_);
  }

  std::string Endpoint() const { return "https://localhost:" + port_; }
  std::filesystem::path CaFile() const { return dir_ / "cert.pem"; }

 private:
  void ReadPort(int output) {
    std::FILE* lines = fdopen(output, "r");
    std::array<char, 16> line{};
    const bool read = std::fgets(line.data(), line.size(), lines) != nullptr;
    std::fclose(lines);
    if (!read) throw std::runtime_error("the stub gives no port");
    port_ = line.data();
    port_.erase(port_.find_last_not_of('\n') + 1);
  }

  std::filesystem::path dir_;
  pid_t pid_ = 0;
  int input_ = -1;
  std::string port_;
};

}  // namespace herd::places
