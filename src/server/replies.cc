#include "server/replies.h"

#include <algorithm>
#include <utility>

namespace herd::server {

ReplyId Replies::Expect() {
  replies_.emplace_back();
  ++expected_;
  return ReplyId{first_id_ + replies_.size() - 1};
}

void Replies::Add(std::string_view reply, bool acknowledges) {
  if (replies_.empty() || !replies_.back().ready) replies_.push_back({.text = {}, .ready = true});
  Reply& last = replies_.back();
  if (acknowledges && last.acknowledges_from == kNone) last.acknowledges_from = last.text.size();
  last.text += reply;
  bytes_ += reply.size();
}

void Replies::Make(ReplyId id, std::string reply) {
  const auto index = static_cast<std::uint64_t>(id) - first_id_;
  if (index >= replies_.size() || replies_[index].ready) return;
  --expected_;
  bytes_ += reply.size();
  replies_[index] = {.text = std::move(reply), .ready = true};
}

std::size_t Replies::TakeReady(std::string& out) {
  std::size_t acknowledges_from = kNone;
  while (!replies_.empty() && replies_.front().ready) {
    const Reply& reply = replies_.front();
    if (acknowledges_from == kNone && reply.acknowledges_from != kNone)
      acknowledges_from = out.size() + reply.acknowledges_from;
    out += reply.text;
    bytes_ -= reply.text.size();
    replies_.pop_front();
    ++first_id_;
  }
  return acknowledges_from;
}

void Replies::DropAcknowledgements() {
  const auto first = std::ranges::find_if(
      replies_, [](const Reply& reply) { return reply.acknowledges_from != kNone; });
  if (first == replies_.end()) return;
  first->text.resize(first->acknowledges_from);
  first->acknowledges_from = kNone;
  replies_.erase(first + 1, replies_.end());
  expected_ = 0;
  bytes_ = 0;
  for (const Reply& reply : replies_) {
    expected_ += reply.ready ? 0 : 1;
    bytes_ += reply.text.size();
  }
}

}  // namespace herd::server
