#pragma once

#include <boost/asio/ip/address.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/loop.h"

namespace herd::net {

// Finds the addresses of one host, again and again.
//
// The system's look-up of a name may take a quarter of a minute, and nothing can interrupt it. So
// each has a thread of its own, that keeps no other name waiting and that nobody waits for; Asio
// has one thread for all names, and its end waits for that. On the loop's thread.
class Resolver {
 public:
  using Result = std::expected<std::vector<boost::asio::ip::address>, std::string>;
  using OnDone = std::function<void(Result)>;
  // Looks a name up; on any thread, which it may block. What it throws makes it be asked again.
  using LookUp = std::function<Result(const std::string& host)>;

  static Result AskSystem(const std::string& host);

  explicit Resolver(Loop& loop, LookUp look_up = AskSystem);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  // `on_done` is called once, never before this returns, unless Cancel, another Resolve or the
  // destructor comes first. When the host is being looked up already, that look-up answers.
  void Resolve(const std::string& host, OnDone on_done);

  // The look-up goes on, and may answer a later Resolve.
  void Cancel() { on_done_ = nullptr; }

 private:
  // What the thread of a look-up needs and nothing else: it may outlive the resolver and the loop.
  struct Asked;

  Loop& loop_;
  const LookUp look_up_;
  OnDone on_done_;
  std::shared_ptr<Asked> asked_;  // until it has answered

  void Ask(const std::string& host);
  void Forget();
  void End(Result result);
};

}  // namespace herd::net
