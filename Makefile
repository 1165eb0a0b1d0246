# Verbs of this repository; each is one script of harness/.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help bench budget container-bench container-test demo kernel tree refresh
.PHONY: test series lint bisect baseline clean

help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 25
	@echo '  ./vm TARGET PROGRAM [ARG...]   run PROGRAM in a guest (./vm --help)'
	@echo '  Targets: '$(notdir $(wildcard harness/targets/*))

demo: ## race CONTINUE and INJECTED in User-mode Linux and print the result
	@harness/demo

kernel: ## build the kernel of TARGET=um|x86_64|x86_64-debug|...
	@$(if $(TARGET),,echo "make kernel: which? TARGET=$(subst $() ,|,$(notdir $(wildcard harness/targets/*)))" >&2; exit 2)
	@harness/tree
	@harness/kernel $(TARGET)

tree: ## make or update build/tree, the source with the series applied (FORCE=1: drop edits made there)
	@harness/tree $(if $(FORCE),--force)

refresh: ## write edits made in build/tree back to the patches and files here
	@harness/refresh

test: ## run all test suites, or SUITE="NAME..."
	@harness/test $(SUITE)

series: ## write the patches as mail to build/series, and prove them (SIGNOFF=1; VERSION=2 SINCE=v1-folder)
	@harness/series-mail

lint: ## run over the series, and the harness, what a maintainer's robots run
	@harness/lint

bisect: ## build and boot each commit of the series on UML, or WHAT="um x86_64 whole"
	@harness/bisect $(WHAT)

baseline: ## make the lists of seccomp_bpf results of the unpatched kernel anew
	@harness/baseline-lists

bench: ## count the instructions of injected calls (TIME=1: by the clock, with KVM)
	@harness/bench $(if $(TIME),--time)

budget: ## show what the instructions of an injected CALL=openat are spent on
	@harness/budget $(if $(CALL),"$(CALL)")

container-test: ## put the agent in front of crun's and runc's containers (Debian's, in QEMU)
	@harness/container-test

container-bench: ## what a container's openat() costs, by the way in which the agent answers
	@harness/container-test --bench

clean: ## remove build/ (the cache outside stays: CLEAN_CACHE=1 removes that too)
	@harness/clean $(if $(CLEAN_CACHE),--cache)
