"""Stochastic gradient descent over balanced pictures, with a checkpoint an epoch from which a run goes on as if it had not stopped."""

import time

import numpy as np
import torch
from torch.nn import functional as F

import preprocess
from own.balance import variant
from own.start import ready

MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
# The rate falls to a tenth after each third of the epochs.
STEPS, FALL = 3, 0.1


def rate_of(epoch, epochs, rate):
    """The learning rate of an epoch, counted from 0."""
    return rate * FALL ** (epoch * STEPS // epochs)


def inputs(steps, tensors, crops, device):
    """Network inputs [n, 3, h, w] of canonical crops [n, h, w, 3] of u8."""
    pictures = np.moveaxis(preprocess.apply(steps, crops, tensors), -1, 1)
    return torch.from_numpy(np.ascontiguousarray(pictures, np.float32)).to(device, memory_format=torch.channels_last)


class Run:
    """A network in training. `told`: what a checkpoint must have in common with it, by name."""

    def __init__(self, network, first, view, options, told, path):
        self.network, self.planned, self.crops, self.labels = network, first.planned, first.crops.array, torch.from_numpy(first.indices)
        self.view, self.options, self.told, self.path = view, options, told, path
        self.logits = network.logits_name()
        self.learned = [p for p in network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.SGD(self.learned, lr=options.rate, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
        self.log = []

    def resume(self, notes):
        """Takes up the checkpoint where there is one; the epochs it has behind it."""
        if not self.path.exists():
            return 0
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        for name, value in self.told.items():
            if state["told"].get(name) != value:
                what = f"{self.path} is of a run with other {name} ({str(state['told'].get(name))[:40]}, now {str(value)[:40]})"
                raise SystemExit(f"{what}: repeat that command, give another --out, or remove the file")
        if state["threads"] != torch.get_num_threads():
            notes.say(f"the run began with --threads {state['threads']}: with another number it ends with slightly other weights")
        with torch.no_grad():
            for parameter, value in zip(self.learned, state["learned"]):
                parameter.copy_(value)
        self.optimizer.load_state_dict(state["optimizer"])
        self.log = state["log"]
        return len(self.log)

    def save(self):
        state = {
            "told": self.told, "threads": torch.get_num_threads(), "log": self.log,
            "learned": [p.detach() for p in self.learned], "optimizer": self.optimizer.state_dict(),
        }
        part = self.path.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.path)

    def learn(self, chosen):
        """One step on the planned pictures `chosen`. The sum of their losses, and how many were answered right."""
        rows = self.planned[chosen]
        crops = np.stack([variant(np.asarray(self.crops[place]), place, number, self.options.seed) for place, number in rows.tolist()])
        labels = self.labels[rows[:, 0]].to(self.options.device)
        (logits,) = self.network(inputs(self.view.steps, self.view.tables, crops, self.options.device), [self.logits])
        loss = F.cross_entropy(logits, labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.item() * len(rows), int((logits.argmax(1) == labels).sum())

    def epoch(self, index):
        """One pass over all that is planned, in an order and with dropout that follow from the seed and the epoch."""
        started = time.monotonic()
        seed = self.options.seed * 1000 + index
        torch.manual_seed(seed)
        order = torch.randperm(len(self.planned), generator=torch.Generator().manual_seed(seed)).numpy()
        rate = rate_of(index, self.options.epochs, self.options.rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        ready(self.network, True)
        total, right = 0.0, 0
        for start in range(0, len(order), self.options.batch):
            loss, count = self.learn(order[start : start + self.options.batch])
            total, right = total + loss, right + count
        line = {"epoch": index + 1, "rate": rate, "loss": total / len(order), "right": right / len(order)}
        self.log.append(line)
        self.save()
        told = f"epoch {index + 1} of {self.options.epochs}: loss {line['loss']:.4f}, {100 * line['right']:.1f} % right"
        print(f"{told}, rate {rate:.0e}, {time.monotonic() - started:.0f} s", flush=True)

    def all(self, notes):
        done = self.resume(notes)
        if done:
            print(f"goes on after epoch {done} of {self.options.epochs}", flush=True)
        for index in range(done, self.options.epochs):
            self.epoch(index)
