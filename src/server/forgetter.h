#pragma once

#include <functional>
#include <string>

#include "net/loop.h"
#include "server/forget.h"
#include "server/links.h"
#include "server/node.h"

namespace herd::server {

// Forgets clients for operators, as a client session takes reports: what changed goes to the links,
// and where replies wait for the disk the answer does, too. On the loop of the links; the node and
// the links outlive it.
class Forgetter {
 public:
  // Called once, on the loop; not at all when the server ends first.
  using Done = std::function<void(const Forgotten&)>;

  Forgetter(net::Loop& loop, Node& node, Links& links);

  // Not while the journal is loaded: the tombstone could miss it.
  void Forget(const ForgetRequest& request, Done done);

 private:
  struct Wait;

  net::Loop& loop_;
  Node& node_;
  Links& links_;

  void WaitForDisk(Forgotten forgotten, Done done);
  void Settle(Wait& wait, bool on_disk, const char* why);
};

}  // namespace herd::server
