from hypothesis import settings

# No deadline: a busy machine is slow and not wrong.
settings.register_profile("steady", deadline=None, print_blob=True)
settings.load_profile("steady")
