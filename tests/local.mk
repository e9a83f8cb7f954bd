# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   make check        unit tests, in-process driver tests and the checks of the tree: no root
#   make check-root   tests in the laboratory, $(ROOT_JOBS) at a time
#   make check-vm     tests in a virtual machine with systemd, for each layout of cgroups
#   make bench        figures; make bench-library: without the driver's; make bench-host: in
#                     the virtual machine with systemd
#
# Each keeps a summary of its own: test-suite.log, test-suite-root.log, test-suite-vm.log.

AM_TESTS_ENVIRONMENT = \
	export CORRAL_SRCDIR='$(abs_srcdir)' CORRAL_BUILDDIR='$(abs_builddir)'; \
	export CORRAL_STAGE='$(stage_dir)' CORRAL_VERSION='$(VERSION)' CC='$(CC)'; \
	export CORRAL_KERNEL_TESTS='$(kernel_tests) $(kernel_scripts)' CORRAL_VM_PROGRAMS='$(vm_programs)'; \
	export CORRAL_LIBVIRT_HEADERS='$(LIBVIRT_HEADERS)$(ALSO_LIBVIRT:%=:$(abs_builddir)/libvirt-headers/%)' CORRAL_LIBVIRT_VERSION='$(LIBVIRT_VERSION)'; \
	export G_TEST_SRCDIR='$(abs_srcdir)/tests' G_TEST_BUILDDIR='$(abs_builddir)/tests'; \
	export LC_ALL=C.UTF-8;

# What hangs fails, and leaves the log of how far it came: far beyond what any
# test takes, even on a slow and busy machine.
TEST_LIMIT = 1500

TEST_EXTENSIONS = .sh
LOG_COMPILER = timeout --foreground -v -k 30 $(TEST_LIMIT)
SH_LOG_COMPILER = $(LOG_COMPILER) $(BASH)

# ---- unit tests ---------------------------------------------------------------

check_LTLIBRARIES += tests/lib/libfake-cgroup.la
tests_lib_libfake_cgroup_la_SOURCES = \
	tests/lib/fake-cgroup.c \
	tests/lib/fake-cgroup.h \
	tests/lib/fake-defaults.c \
	tests/lib/fake-defaults.h \
	tests/lib/fake-devices.c \
	tests/lib/fake-devices.h \
	tests/lib/fake-groups.c \
	tests/lib/fake-groups.h \
	tests/lib/fake-io.c \
	tests/lib/fake-io.h \
	tests/lib/fake-labels.c \
	tests/lib/fake-labels.h \
	tests/lib/fake-memory.c \
	tests/lib/fake-memory.h \
	$(NULL)

check_LTLIBRARIES += tests/lib/libevent-log.la
tests_lib_libevent_log_la_SOURCES = \
	tests/lib/event-log.c \
	tests/lib/event-log.h \
	$(NULL)

unit_tests = \
	tests/unit/test-cg-codec \
	tests/unit/test-cg-codec-io \
	tests/unit/test-cg-codec-devices \
	tests/unit/test-cg-codec-pages \
	tests/unit/test-cg-convert \
	tests/unit/test-cg-device-rules \
	tests/unit/test-cg-files \
	tests/unit/test-cg-mountinfo \
	tests/unit/test-cg-notify \
	tests/unit/test-cg-property \
	tests/unit/test-cg-source \
	tests/unit/test-cpu \
	tests/unit/test-cpu-time \
	tests/unit/test-cpuset \
	tests/unit/test-device \
	tests/unit/test-devices \
	tests/unit/test-faults \
	tests/unit/test-freezer \
	tests/unit/test-group \
	tests/unit/test-guest-balloon \
	tests/unit/test-guest-blkiotune \
	tests/unit/test-guest-layout \
	tests/unit/test-guest-limits \
	tests/unit/test-guest-memtune \
	tests/unit/test-guest-grants \
	tests/unit/test-guest-path \
	tests/unit/test-guest-placement \
	tests/unit/test-guest-reaction \
	tests/unit/test-guest-search \
	tests/unit/test-guest-set \
	tests/unit/test-guest-threads \
	tests/unit/test-guest-xml \
	tests/unit/test-host \
	tests/unit/test-hugetlb \
	tests/unit/test-io \
	tests/unit/test-io-limits \
	tests/unit/test-io-mechanism \
	tests/unit/test-io-statistics \
	tests/unit/test-label \
	tests/unit/test-levels \
	tests/unit/test-members \
	tests/unit/test-memory \
	tests/unit/test-netclass \
	tests/unit/test-pids \
	tests/unit/test-policy-amount \
	tests/unit/test-policy-difference \
	tests/unit/test-policy-edit \
	tests/unit/test-policy-forecast \
	tests/unit/test-policy-governor \
	tests/unit/test-policy-means \
	tests/unit/test-policy-plan \
	tests/unit/test-policy-reaction \
	tests/unit/test-policy-reserve \
	tests/unit/test-policy-shares \
	tests/unit/test-policy-xml \
	tests/unit/test-pressure \
	tests/unit/test-room \
	tests/unit/test-sampler \
	tests/unit/test-transaction \
	tests/unit/test-systemd \
	tests/unit/test-unit \
	tests/unit/test-memory-reclaim \
	tests/unit/test-memory-usage \
	tests/unit/test-watch \
	tests/unit/test-watcher \
	$(NULL)

cgroup_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/lib
cgroup_test_ldadd = tests/lib/libfake-cgroup.la libcorral-private.la $(GLIB_LIBS)
guest_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/src/guest
guest_test_ldadd = libcorral-guest.la $(LIBXML_LIBS) $(GLIB_LIBS)

policy_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/src/policy -I$(top_srcdir)/src/guest
policy_test_ldadd = \
	libcorral-policy.la \
	libcorral-guest.la \
	libcorral.la \
	$(LIBXML_LIBS) \
	$(GLIB_LIBS) \
	$(NULL)

tests_unit_test_policy_plan_SOURCES = \
	tests/lib/policy-world.c \
	tests/lib/policy-world.h \
	tests/unit/test-policy-plan.c \
	$(NULL)
tests_unit_test_policy_plan_CPPFLAGS = $(policy_test_cppflags) -I$(top_srcdir)/tests/lib
tests_unit_test_policy_plan_LDADD = $(policy_test_ldadd)
tests_unit_test_policy_shares_CPPFLAGS = $(policy_test_cppflags)
tests_unit_test_policy_shares_LDADD = $(policy_test_ldadd)

# Those that look at groups.
policy_group_test_cppflags = $(policy_test_cppflags) -I$(top_srcdir)/tests/lib
policy_group_test_ldadd = \
	tests/lib/libfake-cgroup.la \
	libcorral-policy.la \
	libcorral-guest.la \
	libcorral-private.la \
	$(LIBXML_LIBS) \
	$(GLIB_LIBS) \
	$(NULL)

tests_unit_test_policy_amount_CPPFLAGS = $(policy_test_cppflags)
tests_unit_test_policy_amount_LDADD = $(policy_test_ldadd)
tests_unit_test_policy_edit_CPPFLAGS = $(policy_test_cppflags)
tests_unit_test_policy_edit_LDADD = $(policy_test_ldadd)
tests_unit_test_policy_difference_CPPFLAGS = $(policy_group_test_cppflags)
tests_unit_test_policy_difference_LDADD = $(policy_group_test_ldadd)
tests_unit_test_policy_forecast_CPPFLAGS = $(policy_group_test_cppflags)
tests_unit_test_policy_forecast_LDADD = $(policy_group_test_ldadd)
tests_unit_test_policy_means_CPPFLAGS = $(policy_group_test_cppflags)
tests_unit_test_policy_means_LDADD = $(policy_group_test_ldadd)
tests_unit_test_policy_governor_CPPFLAGS = $(policy_test_cppflags)
tests_unit_test_policy_governor_LDADD = $(policy_test_ldadd)
tests_unit_test_policy_reaction_CPPFLAGS = $(policy_test_cppflags)
tests_unit_test_policy_reaction_LDADD = $(policy_test_ldadd)
tests_unit_test_policy_reserve_CPPFLAGS = $(policy_test_cppflags)
tests_unit_test_policy_reserve_LDADD = $(policy_test_ldadd)
tests_unit_test_policy_xml_CPPFLAGS = $(policy_test_cppflags)
tests_unit_test_policy_xml_LDADD = $(policy_test_ldadd)
tests_unit_test_cg_codec_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_codec_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_codec_devices_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_codec_devices_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_codec_pages_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_codec_pages_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_convert_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_convert_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_device_rules_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_device_rules_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_files_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_files_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_files_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pread
tests_unit_test_cg_mountinfo_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_mountinfo_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cpu_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cpu_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cpu_time_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cpu_time_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cpuset_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cpuset_LDADD = $(cgroup_test_ldadd)
tests_unit_test_device_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_device_LDADD = $(cgroup_test_ldadd)
tests_unit_test_devices_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_devices_LDADD = $(cgroup_test_ldadd)
tests_unit_test_faults_SOURCES = \
	tests/lib/faulty-kernel.c \
	tests/lib/faulty-kernel.h \
	tests/unit/test-faults.c \
	tests/unit/test-faults-calls.c \
	tests/unit/test-faults-calls.h \
	$(NULL)
tests_unit_test_faults_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_faults_LDADD = $(cgroup_test_ldadd)
tests_unit_test_faults_LDFLAGS = $(AM_LDFLAGS) $(faulty_kernel_ldflags)
# What faulty-kernel.c lets fail.
faulty_kernel_ldflags = \
	-Wl,--wrap=__openat_2 \
	-Wl,--wrap=faccessat \
	-Wl,--wrap=fdopendir \
	-Wl,--wrap=fstat \
	-Wl,--wrap=fstatat \
	-Wl,--wrap=lstat \
	-Wl,--wrap=openat \
	-Wl,--wrap=pread \
	-Wl,--wrap=read \
	-Wl,--wrap=readdir \
	-Wl,--wrap=stat \
	-Wl,--wrap=syscall \
	$(NULL)
tests_unit_test_freezer_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_freezer_LDADD = $(cgroup_test_ldadd)
tests_unit_test_group_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_group_LDADD = $(cgroup_test_ldadd)
tests_unit_test_host_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_host_LDADD = $(cgroup_test_ldadd)
tests_unit_test_hugetlb_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_hugetlb_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_codec_io_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_codec_io_LDADD = $(cgroup_test_ldadd)
tests_unit_test_io_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_io_LDADD = $(cgroup_test_ldadd)
tests_unit_test_io_limits_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_io_limits_LDADD = $(cgroup_test_ldadd)
tests_unit_test_io_mechanism_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_io_mechanism_LDADD = $(cgroup_test_ldadd)
tests_unit_test_io_statistics_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_io_statistics_LDADD = $(cgroup_test_ldadd)
tests_unit_test_label_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_label_LDADD = $(cgroup_test_ldadd)
tests_unit_test_levels_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_levels_LDADD = $(cgroup_test_ldadd)
tests_unit_test_members_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_members_LDADD = $(cgroup_test_ldadd)
tests_unit_test_memory_SOURCES = \
	tests/unit/test-memory.c \
	tests/lib/memory-steps.c \
	tests/lib/memory-steps.h \
	$(NULL)
tests_unit_test_memory_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_memory_LDADD = $(cgroup_test_ldadd)
tests_unit_test_netclass_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_netclass_LDADD = $(cgroup_test_ldadd)
tests_unit_test_pids_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_pids_LDADD = $(cgroup_test_ldadd)
tests_unit_test_pressure_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_pressure_LDADD = $(cgroup_test_ldadd)
tests_unit_test_room_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_room_LDADD = $(cgroup_test_ldadd)
tests_unit_test_sampler_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_sampler_LDADD = $(cgroup_test_ldadd)
tests_unit_test_transaction_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_transaction_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_property_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_property_LDADD = $(cgroup_test_ldadd)
tests_unit_test_systemd_SOURCES = \
	tests/unit/test-systemd.c \
	tests/lib/fake-systemd.c \
	tests/lib/fake-systemd.h \
	$(NULL)
tests_unit_test_systemd_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_systemd_LDADD = $(cgroup_test_ldadd)
tests_unit_test_unit_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_unit_LDADD = $(cgroup_test_ldadd)
tests_unit_test_memory_usage_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_memory_usage_LDADD = $(cgroup_test_ldadd)
tests_unit_test_memory_reclaim_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_memory_reclaim_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_notify_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_notify_LDADD = $(cgroup_test_ldadd)
tests_unit_test_cg_source_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_cg_source_LDADD = tests/lib/libevent-log.la $(cgroup_test_ldadd)
tests_unit_test_watcher_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_watcher_LDADD = tests/lib/libevent-log.la $(cgroup_test_ldadd)
tests_unit_test_watch_CPPFLAGS = $(cgroup_test_cppflags)
tests_unit_test_watch_LDADD = tests/lib/libevent-log.la $(cgroup_test_ldadd)
tests_unit_test_guest_blkiotune_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_blkiotune_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_balloon_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_balloon_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_layout_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_layout_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_limits_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_limits_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_memtune_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_memtune_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_placement_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_placement_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_reaction_CPPFLAGS = $(guest_test_cppflags) $(LIBXML_CFLAGS)
tests_unit_test_guest_reaction_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_search_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_search_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_set_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_set_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_grants_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_grants_LDADD = libcorral-guest.la libcorral.la $(LIBXML_LIBS) $(GLIB_LIBS)
tests_unit_test_guest_path_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_path_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_threads_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_threads_LDADD = $(guest_test_ldadd)
tests_unit_test_guest_xml_CPPFLAGS = $(guest_test_cppflags)
tests_unit_test_guest_xml_LDADD = $(guest_test_ldadd)

check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)

# ---- the driver in process ----------------------------------------------------
#
# The driver's objects in a program that links libvirt, private symbols and all:
# possible only if the libvirt we build for is the one that is installed.

driver_test_cppflags = $(driver_cppflags) -I$(top_srcdir)/tests/lib
driver_test_ldadd = \
	tests/lib/libstack-bed.la \
	tests/lib/libfake-cgroup.la \
	libcorral-driver.la \
	libcorral-policy.la \
	libcorral-guest.la \
	libcorral-private.la \
	$(LIBVIRT_LIBS) \
	$(LIBXML_LIBS) \
	$(GLIB_LIBS) \
	$(NULL)

if LIBVIRT_IS_INSTALLED
check_LTLIBRARIES += tests/lib/libstack-bed.la
tests_lib_libstack_bed_la_SOURCES = \
	tests/lib/stack-bed.c \
	tests/lib/stack-bed.h \
	tests/lib/pretend-stock.c \
	tests/lib/pretend-stock.h \
	$(NULL)
tests_lib_libstack_bed_la_CPPFLAGS = $(driver_test_cppflags)

driver_tests = \
	tests/driver/test-autostart \
	tests/driver/test-birth \
	tests/driver/test-hook \
	tests/driver/test-io \
	tests/driver/test-container \
	tests/driver/test-keeper \
	tests/driver/test-cpuset \
	tests/driver/test-layout \
	tests/driver/test-memory \
	tests/driver/test-reaction \
	tests/driver/test-sched \
	tests/driver/test-settle \
	tests/driver/test-slots \
	tests/driver/test-stack-order \
	tests/driver/test-stack-testdriver \
	tests/driver/test-stats \
	tests/driver/test-tunable \
	$(NULL)

tests_driver_test_autostart_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_autostart_LDADD = $(driver_test_ldadd)
tests_driver_test_birth_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_birth_LDADD = $(driver_test_ldadd)
tests_driver_test_hook_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_hook_LDADD = $(driver_test_ldadd)
tests_driver_test_io_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_io_LDADD = $(driver_test_ldadd)
tests_driver_test_container_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_container_LDADD = $(driver_test_ldadd)
tests_driver_test_keeper_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_keeper_LDADD = $(driver_test_ldadd)
tests_driver_test_cpuset_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_cpuset_LDADD = $(driver_test_ldadd)
tests_driver_test_layout_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_layout_LDADD = $(driver_test_ldadd)
tests_driver_test_memory_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_memory_LDADD = $(driver_test_ldadd)
tests_driver_test_reaction_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_reaction_LDADD = $(driver_test_ldadd)
tests_driver_test_sched_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_sched_LDADD = $(driver_test_ldadd)
tests_driver_test_settle_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_settle_LDADD = $(driver_test_ldadd)
tests_driver_test_slots_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_slots_LDADD = $(driver_test_ldadd)
tests_driver_test_stack_order_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_stack_order_LDADD = $(driver_test_ldadd)
tests_driver_test_stack_testdriver_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_stack_testdriver_LDADD = $(driver_test_ldadd)
tests_driver_test_stats_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_stats_LDADD = $(driver_test_ldadd)
tests_driver_test_tunable_CPPFLAGS = $(driver_test_cppflags)
tests_driver_test_tunable_LDADD = $(driver_test_ldadd)

# What build-aux/demo shows to those who are not root.
tests_driver_demo_fake_CPPFLAGS = $(driver_test_cppflags) -DSOURCE_DIR='"$(abs_srcdir)"'
tests_driver_demo_fake_LDADD = $(driver_test_ldadd)

check_PROGRAMS += $(driver_tests) tests/driver/demo-fake
TESTS += $(driver_tests)

$(tests_lib_libstack_bed_la_OBJECTS) \
$(tests_driver_test_io_OBJECTS) \
$(tests_driver_test_cpuset_OBJECTS) \
$(tests_driver_test_layout_OBJECTS) \
$(tests_driver_test_memory_OBJECTS) \
$(tests_driver_test_autostart_OBJECTS) \
$(tests_driver_test_container_OBJECTS) \
$(tests_driver_test_sched_OBJECTS) \
$(tests_driver_test_settle_OBJECTS) \
$(tests_driver_test_slots_OBJECTS) \
$(tests_driver_test_stack_order_OBJECTS) \
$(tests_driver_test_stack_testdriver_OBJECTS) \
$(tests_driver_test_stats_OBJECTS) \
$(tests_driver_test_tunable_OBJECTS) \
$(tests_driver_demo_fake_OBJECTS): $(libvirt_headers_stamp)
endif

# ---- the shim between fake modules --------------------------------------------
#
# Knows no libvirt, as the shim itself.  -rpath makes libtool build a module that
# is not installed.

fake_module_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared -rpath $(abs_builddir)
fake_module_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/src/driver

check_LTLIBRARIES += \
	tests/driver/fake-implementation.la \
	tests/driver/fake-stock.la \
	tests/driver/fake-unresolved.la \
	$(NULL)
tests_driver_fake_implementation_la_SOURCES = tests/driver/fake-implementation.c
tests_driver_fake_implementation_la_CPPFLAGS = $(fake_module_cppflags)
tests_driver_fake_implementation_la_LDFLAGS = $(fake_module_ldflags)
tests_driver_fake_stock_la_SOURCES = tests/driver/fake-stock.c
tests_driver_fake_stock_la_LDFLAGS = $(fake_module_ldflags)
tests_driver_fake_unresolved_la_SOURCES = tests/driver/fake-implementation.c
tests_driver_fake_unresolved_la_CPPFLAGS = $(fake_module_cppflags) -DFAKE_UNRESOLVED
tests_driver_fake_unresolved_la_LDFLAGS = $(fake_module_ldflags) -Wl,-z,lazy

# The fake modules and the shim find virGetVersion() in it.
tests_driver_test_shim_CPPFLAGS = $(AM_CPPFLAGS)
tests_driver_test_shim_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
tests_driver_test_shim_LDADD = $(GLIB_LIBS)
check_PROGRAMS += tests/driver/test-shim
TESTS += tests/driver/test-shim

# ---- fuzz targets -------------------------------------------------------------
#
# With --enable-fuzzers libFuzzer has the main program; otherwise they replay what
# is in tests/fuzz/corpus, which any compiler can do.

fuzz_targets = \
	tests/fuzz/fuzz-codec \
	tests/fuzz/fuzz-control \
	tests/fuzz/fuzz-convert \
	tests/fuzz/fuzz-mountinfo \
	$(NULL)

if FUZZERS
fuzz_main =
else
check_LTLIBRARIES += tests/fuzz/libreplay.la
fuzz_main = tests/fuzz/libreplay.la
TESTS += $(fuzz_targets)
endif
tests_fuzz_libreplay_la_SOURCES = tests/fuzz/fuzz.h tests/fuzz/replay.c

# What pretend-kernel.c takes the place of.
pretend_kernel_ldflags = \
	-Wl,--wrap=__openat_2 \
	-Wl,--wrap=faccessat \
	-Wl,--wrap=fgetxattr \
	-Wl,--wrap=fstat \
	-Wl,--wrap=fstatat \
	-Wl,--wrap=openat \
	-Wl,--wrap=pread \
	-Wl,--wrap=read \
	-Wl,--wrap=readlink \
	$(NULL)

fuzz_ldadd = $(fuzz_main) libcorral-private.la $(GLIB_LIBS)
fuzz_ldflags = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_codec_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_codec_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_control_SOURCES = \
	tests/fuzz/fuzz-control.c \
	tests/fuzz/pretend-kernel.c \
	tests/fuzz/pretend-kernel.h \
	$(NULL)
tests_fuzz_fuzz_control_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_control_LDFLAGS = $(fuzz_ldflags) $(pretend_kernel_ldflags)
tests_fuzz_fuzz_convert_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_convert_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_mountinfo_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_mountinfo_LDFLAGS = $(fuzz_ldflags)

check_PROGRAMS += $(fuzz_targets)
EXTRA_DIST += tests/fuzz/corpus

# What is new to libFuzzer on its way is kept in tests/fuzz/grown of the build tree,
# what ended a target in tests/fuzz/found-*.  A release wants FUZZ_RUNS=10000000.
FUZZ_RUNS = 100000
FUZZ_FLAGS = -max_len=256 -timeout=10

if FUZZERS
fuzz: $(fuzz_targets)
	$(AM_V_at)for target in $(fuzz_targets); do \
		name=$${target##*/fuzz-}; \
		$(MKDIR_P) tests/fuzz/grown/$$name; \
		echo "$$target: $(FUZZ_RUNS) runs"; \
		ASAN_OPTIONS=malloc_context_size=2:quarantine_size_mb=16 \
			./$$target -runs=$(FUZZ_RUNS) $(FUZZ_FLAGS) \
			-artifact_prefix=tests/fuzz/found-$$name- \
			tests/fuzz/grown/$$name $(srcdir)/tests/fuzz/corpus/$$name \
			>tests/fuzz/$$name.log 2>&1 || { tail -n 50 tests/fuzz/$$name.log; exit 1; }; \
		tail -n 1 tests/fuzz/$$name.log; \
	done
else
fuzz:
	@echo "fuzz: configure with CC=clang --enable-fuzzers, in a build tree of its own" >&2; exit 1
endif

# ---- valgrind -----------------------------------------------------------------
#
# The unit tests again, under memcheck.  GLib keeps what it has once made, which is
# still reachable; what nobody points at any more is lost, and an error.

VALGRIND = valgrind
VALGRIND_FLAGS = \
	--quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
	--errors-for-leak-kinds=definite --suppressions=$(abs_srcdir)/tests/valgrind.supp

EXTRA_DIST += tests/valgrind.supp

check-valgrind: all $(unit_tests) $(fuzz_targets)
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) check-TESTS \
		TESTS='$(unit_tests) $(fuzz_targets)' TEST_SUITE_LOG=test-suite-valgrind.log \
		LOG_COMPILER='$(LIBTOOL) --mode=execute $(VALGRIND) $(VALGRIND_FLAGS)'

# ---- checks of the tree -------------------------------------------------------

tree_checks = \
	build-aux/check-format \
	build-aux/check-includes \
	build-aux/check-lists \
	build-aux/check-slots \
	build-aux/check-style \
	build-aux/check-symbols \
	$(NULL)

dist_check_SCRIPTS += \
	$(tree_checks) \
	build-aux/check-api \
	tests/unit/test-checks.sh \
	tests/unit/test-python \
	tests/unit/test-schema.sh \
	$(NULL)
TESTS += $(tree_checks) tests/unit/test-checks.sh tests/unit/test-schema.sh
if HAVE_INTROSPECTION
TESTS += build-aux/check-api tests/unit/test-python
endif

# ---- the laboratory -----------------------------------------------------------

root_tests = \
	tests/root/test-access.sh \
	tests/root/test-aside.sh \
	tests/root/test-autostart.sh \
	tests/root/test-balloon-command.sh \
	tests/root/test-balloon-guest.sh \
	tests/root/test-balloon-kinds.sh \
	tests/root/test-balloon.sh \
	tests/root/test-blkio.sh \
	tests/root/test-born.sh \
	tests/root/test-cpuset.sh \
	tests/root/test-crash-calls.sh \
	tests/root/test-crash-migration.sh \
	tests/root/test-crash.sh \
	tests/root/test-device-audit.sh \
	tests/root/test-device-jobs.sh \
	tests/root/test-devices.sh \
	tests/root/test-group.sh \
	tests/root/test-helpers.sh \
	tests/root/test-hostile.sh \
	tests/root/test-lab.sh \
	tests/root/test-layout.sh \
	tests/root/test-life.sh \
	tests/root/test-lxc-clients.sh \
	tests/root/test-lxc-crash.sh \
	tests/root/test-lxc-deaf.sh \
	tests/root/test-lxc-devices.sh \
	tests/root/test-lxc-freeze.sh \
	tests/root/test-lxc-group.sh \
	tests/root/test-lxc-hostile.sh \
	tests/root/test-lxc-stop.sh \
	tests/root/test-lxc-hybrid.sh \
	tests/root/test-lxc-owner.sh \
	tests/root/test-lxc-tune.sh \
	tests/root/test-lxc-use.sh \
	tests/root/test-lxc.sh \
	tests/root/test-managed.sh \
	tests/root/test-memory.sh \
	tests/root/test-metadata.sh \
	tests/root/test-migrate.sh \
	tests/root/test-move.sh \
	tests/root/test-names.sh \
	tests/root/test-numa.sh \
	tests/root/test-parity-cpus.sh \
	tests/root/test-parity-devices.sh \
	tests/root/test-parity-life.sh \
	tests/root/test-parity-lxc-life.sh \
	tests/root/test-parity-lxc.sh \
	tests/root/test-parity-sched.sh \
	tests/root/test-parity-tune.sh \
	tests/root/test-partition-command.sh \
	tests/root/test-pin.sh \
	tests/root/test-pod-aside.sh \
	tests/root/test-pod.sh \
	tests/root/test-policy-leftovers.sh \
	tests/root/test-policy-reload.sh \
	tests/root/test-policy-wait.sh \
	tests/root/test-policy.sh \
	tests/root/test-reaction.sh \
	tests/root/test-restore.sh \
	tests/root/test-session.sh \
	tests/root/test-shares.sh \
	tests/root/test-snapshot.sh \
	tests/root/test-stats.sh \
	tests/root/test-tree.sh \
	tests/root/test-tunable.sh \
	tests/root/test-upgrade.sh \
	tests/root/test-vcpus.sh \
	tests/root/test-xml-quota.sh \
	tests/root/test-xml-roundtrip.sh \
	tests/root/test-yield.sh \
	$(NULL)

# The library on the kernel: test-group.sh runs them here, tests/vm in a virtual machine.
kernel_tests = \
	tests/root/group-cpu \
	tests/root/group-cpu-time \
	tests/root/group-cpuset \
	tests/root/group-delegated \
	tests/root/group-devices \
	tests/root/group-freezer \
	tests/root/group-hugetlb \
	tests/root/group-io \
	tests/root/group-memory \
	tests/root/group-memory-usage \
	tests/root/group-netclass \
	tests/root/group-pids \
	tests/root/group-unit \
	tests/root/group-process \
	tests/root/group-refusals \
	tests/root/group-root \
	tests/root/group-sampler \
	tests/root/group-watch \
	$(NULL)

# The same, of the source tree.
kernel_scripts = \
	tests/root/group-python \
	$(NULL)

# What is loaded into the daemon to make it slow.
root_modules = tests/root/slow-monitor.la
check_LTLIBRARIES += $(root_modules)

# What a test cannot say through virsh, it says through these.
root_programs = \
	tests/root/call-api \
	tests/root/hostile-client \
	tests/root/call-forged \
	$(kernel_tests) \
	$(NULL)
check_LTLIBRARIES += tests/lib/libkernel-bed.la
tests_lib_libkernel_bed_la_SOURCES = \
	tests/lib/kernel-bed.c \
	tests/lib/kernel-bed.h \
	tests/lib/kernel-hog.c \
	tests/lib/kernel-hog.h \
	$(NULL)
kernel_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/lib
kernel_test_ldadd = tests/lib/libkernel-bed.la libcorral.la $(GLIB_LIBS)
tests_root_group_cpu_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_cpu_LDADD = $(kernel_test_ldadd)
tests_root_group_cpu_time_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_cpu_time_LDADD = $(kernel_test_ldadd)
tests_root_group_cpuset_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_cpuset_LDADD = $(kernel_test_ldadd)
tests_root_group_devices_SOURCES = \
	tests/lib/device-prober.c \
	tests/lib/device-prober.h \
	tests/lib/foreign-program.c \
	tests/lib/foreign-program.h \
	tests/lib/unified-devices.c \
	tests/lib/unified-devices.h \
	tests/root/group-devices.c \
	$(NULL)
tests_root_group_devices_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_devices_LDADD = $(kernel_test_ldadd)
tests_root_group_process_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_process_LDADD = $(kernel_test_ldadd)
tests_root_group_memory_SOURCES = \
	tests/root/group-memory.c \
	tests/lib/memory-steps.c \
	tests/lib/memory-steps.h \
	$(NULL)
tests_root_group_memory_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_memory_LDADD = $(kernel_test_ldadd)
tests_root_group_memory_usage_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_memory_usage_LDADD = $(kernel_test_ldadd)
tests_root_group_freezer_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_freezer_LDADD = $(kernel_test_ldadd)
tests_root_group_hugetlb_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_hugetlb_LDADD = $(kernel_test_ldadd)
tests_root_group_netclass_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_netclass_LDADD = $(kernel_test_ldadd)
tests_root_group_pids_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_pids_LDADD = $(kernel_test_ldadd)
tests_root_group_unit_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_unit_LDADD = $(kernel_test_ldadd)
tests_root_group_io_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_io_LDADD = $(kernel_test_ldadd)
tests_root_group_root_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_root_LDADD = $(kernel_test_ldadd)
tests_root_group_delegated_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_delegated_LDADD = $(kernel_test_ldadd)
tests_root_group_refusals_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_refusals_LDADD = $(kernel_test_ldadd)
tests_root_group_sampler_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_sampler_LDADD = $(kernel_test_ldadd)
tests_root_group_watch_CPPFLAGS = $(kernel_test_cppflags)
tests_root_group_watch_LDADD = tests/lib/libevent-log.la $(kernel_test_ldadd)
tests_root_hostile_client_SOURCES = tests/root/hostile-calls.def tests/root/hostile-client.c
tests_root_hostile_client_CPPFLAGS = $(AM_CPPFLAGS) $(LIBVIRT_CFLAGS)
tests_root_hostile_client_LDADD = $(LIBVIRT_LIBS) $(GLIB_LIBS)
tests_root_slow_monitor_la_SOURCES = tests/root/slow-monitor.c
tests_root_slow_monitor_la_LDFLAGS = $(fake_module_ldflags)
tests_root_slow_monitor_la_LIBADD = -ldl
tests_root_call_api_CPPFLAGS = $(AM_CPPFLAGS) $(LIBVIRT_CFLAGS)
tests_root_call_api_LDADD = $(LIBVIRT_LIBS) $(GLIB_LIBS)
tests_root_call_forged_CPPFLAGS = $(AM_CPPFLAGS) $(LIBVIRT_CFLAGS)
tests_root_call_forged_LDADD = $(LIBVIRT_LIBS) -ldl
check_PROGRAMS += $(root_programs)

# ---- the virtual machine ------------------------------------------------------
#
# One boot for each layout of cgroups, and in it all of vm_programs: programs that
# are built, or scripts of the source tree, each given the path of a group for its
# own.  Exit status 0 is success, 77 that it is not possible here.  test-v2-lxc.sh
# takes scripts of tests/root and gives each a laboratory in the machine; test-host.sh and
# test-v2-qemu.sh run scripts on it as it is, with libvirtd a service of systemd's.

vm_tests = \
	tests/vm/test-host-trixie.sh \
	tests/vm/test-host-balloon.sh \
	tests/vm/test-host-cooperative.sh \
	tests/vm/test-host-machined.sh \
	tests/vm/test-host-policy.sh \
	tests/vm/test-host-protect.sh \
	tests/vm/test-host.sh \
	tests/vm/test-hybrid.sh \
	tests/vm/test-machine.sh \
	tests/vm/test-v1.sh \
	tests/vm/test-v2-containers-trixie.sh \
	tests/vm/test-v2-containers.sh \
	tests/vm/test-v2-keep.sh \
	tests/vm/test-v2-lxc-calls.sh \
	tests/vm/test-v2-lxc-use.sh \
	tests/vm/test-v2-lxc.sh \
	tests/vm/test-v2-qemu-trixie.sh \
	tests/vm/test-v2-pod.sh \
	tests/vm/test-v2-policy.sh \
	tests/vm/test-v2-qemu.sh \
	tests/vm/test-v2-shares.sh \
	tests/vm/test-v2-tune.sh \
	tests/vm/test-v2.sh \
	$(NULL)

vm_programs = \
	$(kernel_tests) \
	$(kernel_scripts) \
	$(NULL)

# In the machine alone: the container's systemd wants a pure cgroup v2.
machine_tests = \
	tests/root/test-lxc-systemd.sh \
	$(NULL)

EXTRA_DIST += \
	tests/data \
	$(machine_tests) \
	tests/bench/answers.sh \
	tests/bench/grey-cpu.gnuplot \
	tests/bench/grey-memory.gnuplot \
	tests/bench/grey.sh \
	tests/bench/servers.sh \
	tests/root/balloon.sh \
	tests/root/containers.sh \
	tests/root/devices.sh \
	tests/root/functions.sh \
	tests/root/hostile.sh \
	tests/root/memory-hog.c \
	tests/root/pair.sh \
	tests/root/pod.sh \
	tests/root/policy.sh \
	tests/root/parity.sh \
	tests/vm/functions.sh \
	tests/vm/host.sh \
	$(root_tests) \
	$(vm_tests) \
	$(NULL)
dist_noinst_SCRIPTS += \
	tests/bench/bench-balloon.sh \
	tests/bench/bench-containers.sh \
	tests/bench/bench-crun.sh \
	tests/bench/bench-guest.sh \
	tests/bench/bench-grey-host.sh \
	tests/bench/bench-grey.sh \
	tests/bench/bench-guests.sh \
	tests/bench/bench-host.sh \
	tests/bench/bench-planner.sh \
	tests/bench/bench-tenants.sh \
	tests/bench/bench.sh \
	tests/bench/grey-figures.py \
	tests/bench/read-groups.py \
	tests/bench/watch-groups.py \
	$(kernel_scripts) \
	tests/root/lab \
	tests/root/linux-guest \
	tests/vm/agent \
	tests/vm/collect-hosts \
	tests/vm/host-activate.sh \
	tests/vm/host-apparmor.sh \
	tests/vm/host-balloon.sh \
	tests/vm/host-cooperative.sh \
	tests/vm/host-cost.sh \
	tests/vm/host-grey.sh \
	tests/vm/host-keep.sh \
	tests/vm/host-lxc.sh \
	tests/vm/host-machined.sh \
	tests/vm/host-policy.sh \
	tests/vm/host-protect.sh \
	tests/vm/host-qemu.sh \
	tests/vm/host-shares.sh \
	tests/vm/host-tune.sh \
	tests/vm/host-upgrade.sh \
	tests/vm/image \
	tests/vm/machine \
	tests/vm/run-hosts \
	tests/vm/run-labs \
	tests/vm/run-programs \
	$(NULL)

# The harness of `make check' with other tests and another summary.  Laboratories do
# not see each other; many of their tests wait most of the time.
ROOT_JOBS = 3

# Takes minutes: begun last, it would be waited for by nobody but us.
root_longest = tests/root/test-xml-roundtrip.sh

check-root: all
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) stage $(root_programs) $(root_modules)
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) -j$(ROOT_JOBS) check-TESTS \
		TESTS='$(filter $(root_longest),$(root_tests)) $(filter-out $(root_longest),$(root_tests))' \
		TEST_SUITE_LOG=test-suite-root.log

# First and alone: it measures, and hands down a controller from the machine's own root.
$(filter-out tests/root/test-group.log,$(root_tests:.sh=.log)): \
	$(filter tests/root/test-group.log,$(root_tests:.sh=.log))

# Last, and each alone: they add swap to the machine, which is not what others count on.
swap_logs = tests/root/test-balloon.log tests/root/test-yield.log
$(filter $(swap_logs),$(root_tests:.sh=.log)): \
	$(filter-out $(swap_logs),$(root_tests:.sh=.log))
$(filter tests/root/test-yield.log,$(root_tests:.sh=.log)): \
	$(filter tests/root/test-balloon.log,$(root_tests:.sh=.log))

# An emulated machine is one thread (see tests/vm/machine) that is busy most of the time.
VM_JOBS = 2

check-vm: all
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) stage $(vm_programs)
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) -j$(VM_JOBS) check-TESTS \
		TESTS='$(vm_tests)' TEST_SUITE_LOG=test-suite-vm.log

# Who else makes groups is compared with only if it was there at configure time.
bench_programs = \
	tests/bench/bench-born \
	tests/bench/bench-devices \
	tests/bench/bench-group \
	tests/bench/bench-watch \
	tests/bench/bench-reads \
	tests/bench/time-commands \
	tests/bench/time-guest \
	tests/bench/time-guests \
	$(NULL)
tests_bench_bench_devices_SOURCES = \
	tests/bench/bench-devices.c \
	tests/lib/unified-devices.c \
	tests/lib/unified-devices.h \
	$(NULL)
tests_bench_bench_devices_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/lib
tests_bench_bench_devices_LDADD = libcorral.la $(GLIB_LIBS)
tests_bench_bench_watch_LDADD = libcorral.la $(GLIB_LIBS)
bench_common = \
	tests/bench/bench-bed.c \
	tests/bench/bench-bed.h \
	tests/bench/bench-figures.c \
	tests/bench/bench-figures.h \
	$(NULL)
tests_bench_bench_group_SOURCES = \
	$(bench_common) \
	tests/bench/bench-group.c \
	tests/bench/bench-way.h \
	tests/bench/way-library.c \
	tests/bench/way-raw.c \
	tests/bench/way-raw-legacy.c \
	tests/bench/way-raw-unified.c \
	$(NULL)
if HAVE_LIBCGROUP
tests_bench_bench_group_SOURCES += tests/bench/way-libcgroup.c
else
tests_bench_bench_group_SOURCES += tests/bench/way-libcgroup-none.c
endif
tests_bench_bench_group_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCGROUP_CFLAGS)
tests_bench_bench_group_LDADD = libcorral.la $(LIBCGROUP_LIBS) $(GLIB_LIBS)
# Timed from outside: no script of libtool's before them.
tests_bench_bench_born_SOURCES = $(bench_common) tests/bench/bench-born.c
tests_bench_bench_born_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_bench_bench_born_LDADD = libcorral.la $(GLIB_LIBS)
tests_bench_time_commands_SOURCES = $(bench_common) tests/bench/time-commands.c
tests_bench_time_commands_LDADD = libcorral.la $(GLIB_LIBS)
tests_bench_bench_reads_SOURCES = $(bench_common) tests/bench/bench-reads.c
tests_bench_bench_reads_LDADD = libcorral.la $(GLIB_LIBS)
tests_bench_time_guest_CPPFLAGS = $(AM_CPPFLAGS) $(LIBVIRT_CFLAGS)
tests_bench_time_guest_LDADD = $(LIBVIRT_LIBS)
tests_bench_time_guests_CPPFLAGS = $(AM_CPPFLAGS) $(LIBVIRT_CFLAGS)
tests_bench_time_guests_LDADD = $(LIBVIRT_LIBS) -lpthread
EXTRA_PROGRAMS = $(bench_programs)
CLEANFILES += $(bench_programs)

bench: all
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) stage $(bench_programs)
	$(AM_V_at)$(AM_TESTS_ENVIRONMENT) $(BASH) $(srcdir)/tests/bench/bench.sh

bench-host: all
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) stage
	$(AM_V_at)$(AM_TESTS_ENVIRONMENT) $(BASH) $(srcdir)/tests/bench/bench-host.sh

bench-library: $(bench_programs)
	$(AM_V_at)$(AM_TESTS_ENVIRONMENT) $(BASH) $(srcdir)/tests/bench/bench.sh --library

CLEANFILES += test-suite-parity.log test-suite-root.log test-suite-valgrind.log test-suite-vm.log
