#include "server/log_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "server/logging.h"

namespace herd::server {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kQueueBytes = 1'048'576;
constexpr uid_t kSomebodyElse = 65534;  // Debian's nobody

class LogFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "herd-log-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    ::signal(SIGPIPE, SIG_IGN);
  }
  void TearDown() override { fs::remove_all(dir_); }

  static std::string Content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path MakeFifo() const {
    EXPECT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
    return dir_ / "fifo";
  }

  static std::string ErrorOf(const fs::path& file) {
    const auto output = LogOutput::Append(file);
    return output ? "opened" : output.error();
  }

  static std::unique_ptr<LogWriter> WriterTo(LogOutput output) {
    return std::make_unique<LogWriter>(std::move(output), kQueueBytes, [](std::uint64_t count) {
      return std::to_string(count) + " dropped\n";
    });
  }

  // Reads until the end of what comes within some seconds is `ending`.
  static std::string ReadUntil(int fd, std::string_view ending) {
    std::string text;
    const auto deadline = Clock::now() + std::chrono::seconds(20);
    while (!text.ends_with(ending) && Clock::now() < deadline) {
      pollfd polled{fd, POLLIN, 0};
      ::poll(&polled, 1, 100);
      std::array<char, 65'536> piece{};
      const ssize_t count = ::read(fd, piece.data(), piece.size());
      if (count > 0) text.append(piece.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

  fs::path dir_;
};

TEST_F(LogFiles, HoldEveryLineInOrder) {
  std::string expected;
  {
    auto output = LogOutput::Append(dir_ / "a" / "log");
    ASSERT_TRUE(output) << output.error();
    const auto writer = WriterTo(*std::move(output));
    for (int i = 0; i < 10'000; ++i) {
      expected += std::to_string(i) + "\n";
      writer->Write(std::to_string(i) + "\n");
    }
    EXPECT_TRUE(writer->Finish(std::chrono::seconds(20)));
    EXPECT_EQ(writer->dropped(), 0U);
  }
  EXPECT_EQ(Content(dir_ / "a" / "log"), expected);
  struct stat status{};
  ASSERT_EQ(::stat((dir_ / "a" / "log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat((dir_ / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(LogFiles, GiveTheQueuesRoomBackAsItIsWritten) {
  auto output = LogOutput::Append(dir_ / "log");
  ASSERT_TRUE(output) << output.error();
  LogWriter writer(*std::move(output), 1'000, [](std::uint64_t) { return std::string(); });
  const std::string line = std::string(99, 'x') + "\n";
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  for (std::size_t lines = 1; lines <= 200; ++lines) {
    writer.Write(line);
    while (Content(dir_ / "log").size() < lines * line.size())
      ASSERT_LT(Clock::now(), deadline) << "after " << lines;
  }
  EXPECT_EQ(writer.dropped(), 0U);
}

TEST_F(LogFiles, GiveTheRoomBackOfWhatTheyDrop) {
  const fs::path fifo = MakeFifo();
  auto output = LogOutput::Append(fifo);
  ASSERT_TRUE(output) << output.error();
  LogWriter writer(*std::move(output), 1'000, [](std::uint64_t) { return std::string(); });
  for (int i = 0; i < 10'000; ++i) writer.Write("line\n");
  writer.Write("last\n");
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  ReadUntil(reader, "last\n");
  const std::uint64_t dropped = writer.dropped();
  for (int i = 0; i < 5; ++i) writer.Write(std::string(50, 'x') + "\n");
  ReadUntil(reader, "x\n");
  ::close(reader);
  EXPECT_EQ(writer.dropped(), dropped);
}

TEST_F(LogFiles, CountALineThatIsLongerThanTheQueue) {
  auto output = LogOutput::Append(dir_ / "log");
  ASSERT_TRUE(output) << output.error();
  LogWriter writer(*std::move(output), 1'000, [](std::uint64_t) { return std::string(); });
  writer.Write(std::string(1'001, 'x'));
  EXPECT_EQ(writer.dropped(), 1U);
}

// What stopped every loop before.
TEST_F(LogFiles, ThatBlockLoseTheOldestLinesAndSaySo) {
  const fs::path fifo = MakeFifo();
  auto output = LogOutput::Append(fifo);
  ASSERT_TRUE(output) << output.error();
  const auto writer = WriterTo(*std::move(output));
  constexpr int kLines = 100'000;
  for (int i = 0; i < kLines; ++i) writer->Write(std::to_string(i) + "\n");
  const std::uint64_t dropped = writer->dropped();
  EXPECT_GT(dropped, kLines / 2);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  const std::string text = ReadUntil(reader, std::to_string(kLines - 1) + "\n");
  ::close(reader);
  // Where lines are missing it is said how many, whether in one place or in several.
  std::uint64_t next = 0;
  std::uint64_t told = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::uint64_t number = std::stoull(line);
    if (line.ends_with(" dropped")) {
      told += number;
      next += number;
    } else {
      ASSERT_EQ(number, next++);
    }
  }
  EXPECT_EQ(told, dropped);
  EXPECT_EQ(next, std::uint64_t{kLines});
}

TEST_F(LogFiles, ThatBlockDoNotHoldUpTheEnd) {
  auto output = LogOutput::Append(MakeFifo());
  ASSERT_TRUE(output) << output.error();
  auto writer = WriterTo(*std::move(output));
  writer->Write(std::string(500'000, 'x') + "\n");
  const auto start = Clock::now();
  EXPECT_FALSE(writer->Finish(milliseconds(50)));
  writer.reset();
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
}

// A descriptor of the process that somebody else set to block, and that stays so.
TEST_F(LogFiles, MayBeABlockingPipeOfOurParent) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  auto writer = WriterTo(LogOutput::Standard(pipe[1]));
  writer->Write(std::string(500'000, 'x') + "\n");
  EXPECT_FALSE(writer->Finish(milliseconds(50)));
  EXPECT_EQ(::fcntl(pipe[1], F_GETFL) & O_NONBLOCK, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_F(LogFiles, WhoseReaderGoesAreTriedAgain) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  auto writer = WriterTo(LogOutput::Standard(pipe[1]));
  ::close(pipe[0]);
  writer->Write("nobody reads this\n");
  EXPECT_FALSE(writer->Finish(milliseconds(50)));
  ::close(pipe[1]);
}

TEST_F(LogFiles, ThatCannotGrowAreWrittenOnWhenTheyCan) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit little = before;
  little.rlim_cur = 10'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
  auto output = LogOutput::Append(dir_ / "log");
  ASSERT_TRUE(output) << output.error();
  auto writer = WriterTo(*std::move(output));
  std::string expected;
  for (int i = 0; i < 5'000; ++i) {
    expected += std::to_string(i) + "\n";
    writer->Write(std::to_string(i) + "\n");
  }
  while (fs::file_size(dir_ / "log") < 10'000) std::this_thread::yield();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  while (fs::file_size(dir_ / "log") < expected.size() && Clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(Content(dir_ / "log"), expected);
}

TEST_F(LogFiles, AreAppendedTo) {
  std::ofstream(dir_ / "log") << "old\n";
  auto output = LogOutput::Append(dir_ / "log");
  ASSERT_TRUE(output) << output.error();
  WriterTo(*std::move(output))->Write("new\n");
  EXPECT_EQ(Content(dir_ / "log"), "old\nnew\n");
}

TEST_F(LogFiles, OfOthersAreRefused) {
  std::ofstream(dir_ / "precious") << "x";
  fs::create_symlink(dir_ / "precious", dir_ / "link");
  fs::create_symlink(dir_ / "none", dir_ / "dangling");
  EXPECT_NE(ErrorOf(dir_ / "link").find("is a symbolic link"), std::string::npos);
  EXPECT_NE(ErrorOf(dir_ / "dangling").find("is a symbolic link"), std::string::npos);
  EXPECT_FALSE(fs::exists(dir_ / "none"));
  EXPECT_NE(ErrorOf(dir_), "opened");
  fs::create_hard_link(dir_ / "precious", dir_ / "hard");
  EXPECT_NE(ErrorOf(dir_ / "hard").find("hard links"), std::string::npos);
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  std::ofstream(dir_ / "theirs") << "x";
  ASSERT_EQ(::chown((dir_ / "theirs").c_str(), kSomebodyElse, kSomebodyElse), 0);
  EXPECT_NE(ErrorOf(dir_ / "theirs").find("another user"), std::string::npos);
}

TEST_F(LogFiles, MayBeDevices) {
  EXPECT_EQ(ErrorOf("/dev/null"), "opened");
  EXPECT_EQ(ErrorOf("/dev/stderr"), "opened");
  EXPECT_EQ(ErrorOf("/dev/stdout"), "opened");
}

TEST_F(LogFiles, SayInTheirOwnFormatWhatWasDropped) {
  const fs::path fifo = MakeFifo();
  LoggingSettings settings{.level = "info", .format = LogFormat::kJson, .file = fifo};
  settings.queue_bytes = kQueueBytes;
  auto log = MakeLog(settings, "Hands");
  ASSERT_TRUE(log) << log.error();
  for (int i = 0; i < 20'000; ++i) log->logger->info("line {}", i);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  const std::string text = ReadUntil(reader, "\"message\":\"line 19999\"}\n");
  ::close(reader);
  constexpr std::string_view kBefore = "\"level\":\"warning\",\"server\":\"Hands\",\"message\":\"";
  constexpr std::string_view kBehind = " log lines were dropped\"}\n";
  std::uint64_t told = 0;
  for (std::size_t at = text.find(kBefore); at != std::string::npos; at = text.find(kBefore, at)) {
    at += kBefore.size();
    std::size_t digits = 0;
    told += std::stoull(text.substr(at), &digits);
    EXPECT_EQ(text.substr(at + digits, kBehind.size()), kBehind);
  }
  EXPECT_GT(told, 0U);
  EXPECT_EQ(told, log->writer->dropped());
}

}  // namespace
}  // namespace herd::server
