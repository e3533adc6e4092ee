. "$GUEST/gadget_lib.sh"
a_gadget bot
verified 1
"$CLIENT" bot a4a0 
echo "status $?"
